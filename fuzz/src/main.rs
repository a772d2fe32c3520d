//! Tries one target: with what a fuzzer thinks of where it was built for that (`scripts/fuzz.sh`),
//! else with the files that are named: `rosterd-fuzz TARGET FILE…`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
mod driven {
    use std::sync::OnceLock;

    static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

    fn chosen() -> fn(&[u8]) {
        let name = std::env::var("ROSTERD_FUZZ_TARGET").unwrap_or_default();
        rosterd_fuzz::find(&name).unwrap_or_else(|| unreachable!("ROSTERD_FUZZ_TARGET names no target: {name:?}"))
    }

    libfuzzer_sys::fuzz_target!(|bytes: &[u8]| TARGET.get_or_init(chosen)(bytes));
}

#[cfg(not(fuzzing))]
fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(target) = arguments.next().and_then(|name| rosterd_fuzz::find(&name)) else {
        return std::process::ExitCode::from(64);
    };
    for file in arguments {
        match std::fs::read(file) {
            Ok(bytes) => target(&bytes),
            Err(_) => return std::process::ExitCode::FAILURE,
        }
    }
    std::process::ExitCode::SUCCESS
}
