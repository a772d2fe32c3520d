//! The table of `docs/moving-from-grafana.md`.
