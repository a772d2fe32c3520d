//! Several daemons on one PostgreSQL: one of them leads each provider, and whatever happens to it,
//! another takes over and nothing is written twice, late or under an old lease.

mod chance;
mod commit;
mod engines;
mod failover;
mod fleet;
mod oracle;
mod pooler;
mod rolling;
mod schedules;
mod takeover;
