//! The only place that draws random numbers.
//!
//! Everything else is given a [`Random`] or a seed, so that a test can say which.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::sync::OnceLock;

/// Where seeds come from.
pub trait Random: Send + Sync + fmt::Debug {
    /// 128 bits that nobody can guess. An error means that the operating system has none to give.
    fn seed(&self) -> Result<u128, RandomError>;
}

/// The operating system has no random numbers to give. Stop: a guessable seed would let a
/// directory's content decide how long a read takes.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the operating system gives no random numbers; see whether /dev/urandom is there")]
pub struct RandomError;

/// The operating system's generator, read as a file. The TLS library's measures the machine's
/// jitter for 90 ms before its first number: longer than a whole run of a small site.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn seed(&self) -> Result<u128, RandomError> {
        // Opened once: a process that has used up its descriptors still needs numbers.
        static URANDOM: OnceLock<File> = OnceLock::new();
        let mut bytes = [0; 16];
        let mut file = match URANDOM.get() {
            Some(file) => file,
            None => {
                let file = File::open("/dev/urandom").map_err(|_| RandomError)?;
                URANDOM.get_or_init(|| file)
            }
        };
        file.read_exact(&mut bytes).map_err(|_| RandomError)?;
        Ok(u128::from_ne_bytes(bytes))
    }
}

/// 256 bits that nobody can guess, in base64url: 43 characters.
///
/// # Errors
/// The operating system has no random numbers.
pub fn text(random: &dyn Random) -> Result<String, RandomError> {
    let halves = [random.seed()?, random.seed()?].map(u128::to_ne_bytes);
    Ok(URL_SAFE_NO_PAD.encode(halves.concat()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    /// Two equal draws have a chance of 1 in 2^128.
    #[test]
    fn two_draws_differ() {
        assert_ne!(SystemRandom.seed().unwrap(), SystemRandom.seed().unwrap());
        let (one, other) = (text(&SystemRandom).unwrap(), text(&SystemRandom).unwrap());
        assert!(one != other && one.len() == 43 && one[..22] != one[21..]);
    }
}
