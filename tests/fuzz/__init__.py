"""Fuzzing of the readers, the rules, the repairs and the profile; see docs/fuzzing.md."""
