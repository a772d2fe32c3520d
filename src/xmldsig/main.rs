//! Verifies the XML signatures of SAML messages, for `rosterd`, which starts it and speaks with it over its standard
//! input and output.
//!
//! It holds no secret, opens nothing, and has limits of its own: a message that makes one of its libraries hang, crash
//! or grow costs this process, and nobody but whoever sent it a login. It runs in two kinds, over libraries that share
//! no line ([`libxml`], [`rust`]); who asks believes only what both say.
//!
//! What it answers is not yes or no but the bytes that were signed, in their canonical form: nothing else of a message
//! is to be believed. Who may sign, what a message means and how it must be built is not known here.

mod frame;
mod libxml;
mod limits;
mod rust;

use frame::{Request, read_request, write_answer};
use std::io::{self, stdin, stdout};
use std::process::ExitCode;

/// What was signed, or a word on why nothing was.
type Verified = Result<Vec<u8>, &'static str>;

fn main() -> ExitCode {
    let kind = std::env::args().nth(1);
    let verify: fn(&Request) -> Verified = match kind.as_deref() {
        Some("libxml") => libxml::verify,
        Some("rust") => rust::verify,
        // Somebody tries it by hand.
        _ => return ExitCode::from(64),
    };
    match limits::set().and_then(|()| serve(verify)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Answers one request after the other, until there are no more.
fn serve(verify: fn(&Request) -> Verified) -> io::Result<()> {
    let (mut from, mut to) = (stdin().lock(), stdout().lock());
    while let Some(request) = read_request(&mut from)? {
        write_answer(&mut to, &verify(&request))?;
    }
    Ok(())
}
