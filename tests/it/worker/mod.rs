//! `rosterd run`: when runs begin, what is done with requests, failures, reloads and the end.
//!
//! What needs a certain moment is shown with the worker's loop in the test's own process, a clock that
//! the test sets and a provider that fails on demand; the rest with the program itself.

mod day;
mod failures;
mod inside;
mod leases;
mod reload;
mod requests;
mod secrets;
mod stop;
mod systemd;
