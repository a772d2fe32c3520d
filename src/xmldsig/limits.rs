//! What this process may use.

use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
use std::io;

/// Of its own, besides the libraries' code, in bytes.
const MEMORY: u64 = 64 << 20;
/// Standard input, output and error are there; nothing else can be opened.
const FILES: u64 = 3;

pub(crate) fn set() -> io::Result<()> {
    // Nobody is left to answer to.
    set_parent_process_death_signal(Some(Signal::TERM))?;
    for (resource, most) in [
        (Resource::Data, MEMORY),
        (Resource::Nofile, FILES),
        // No file is written, no core dumped, no process started.
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Nproc, 0),
    ] {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}
