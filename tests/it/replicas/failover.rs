//! R39, R60: PostgreSQL itself fails over. Placeholder until the cluster is there.
