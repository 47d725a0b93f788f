"""The process that drives one Asterisk and reports to Django. No Django model, no database (ADR 2, ADR 7).

Read in this order:

- `life` → `joining` → `talking`: one call, from the first ring to the last report; `call` is what they work on
- `grants`, `endings`, `spans`: the rules they ask: when to ask, warn and end; how calls end; how long both talked
- `adapter`, `server`: what may be asked of the process, and its HTTP side; `main` puts it together
- `connection`, `recovery`, `cel`, `clocks`: what is true after an interruption, and at what time things happened
- `book`, `journal`, `reporter`: what is remembered, on disk, until Django has taken it
- `switch`: the seam to Asterisk; `ari`, `ari_events` the real one; `simulator`, `simulated_stream`, `phones` the other
- `ids`, `prompts`, `sound_files`, `config`: names of channels, sounds of prompts and where they come from, settings
"""
