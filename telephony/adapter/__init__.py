"""The process that drives one Asterisk and reports to Django. No Django model, no database (ADR 2, ADR 7).

Read in this order:

- `lifecycle` → `call_setup` → `in_call`: one call, from the first ring to the last report; `call` is what they work on,
  `messages` what arrives for it
- `grants`, `end_reasons`, `joined_time`: the rules they follow: when to ask, warn and end; how calls end; how long both
  talked
- `adapter`, `readiness`, `server`: what may be asked of the process, and its HTTP side; `main` puts it together
- `connection`, `recovery`, `cel`, `event_clock`: what is true after an interruption, and at what time things happened
- `call_store`, `journal`, `reporter`, `batches`: what is remembered, on disk, until Django has taken it
- `switch`: the interface to Asterisk; `ari`, `ari_events`, `ari_recordings` the real one; `simulator`, `simulated_channel`,
  `simulated_stream`, `simulated_phones` the other
- `one_phone`: calls to one phone alone; `verification` speaks a code that way, `greeting_calls` records a greeting
- `ids`, `prompts`, `sound_files`, `config`: names of channels, sounds of prompts and where they come from, settings
"""
