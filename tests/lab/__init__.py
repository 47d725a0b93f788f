"""The telephone lab: a throw-away Asterisk with the deployed configuration, and the carrier and phones around it.

`asterisk` brings the switch up, `carrier` and `phone` are a carrier in Python whose phones say what they hear,
`sipp` is one for load, `ari` a plain client, `cel` the truth about joined time, `leaks` finds a number in any
spelling, `fixtures` offers all of it to pytest. By hand: `python -m tests.lab --help`.
"""
