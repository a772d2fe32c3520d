//! The security layer of RFC 4752: which one is chosen (§3.1), and wrapped buffers with their lengths (RFC 4422 §3.7).
//! Nothing here knows Kerberos.

use std::io::{self, ErrorKind, Read};

/// No layer, and one that encrypts. Signing alone is not asked for: it hides nothing.
const NOTHING: u8 = 1;
const ENCRYPTED: u8 = 4;

/// The longest wrapped buffer that is accepted: what three bytes can say. Active Directory keeps to no smaller one.
pub(super) const LONGEST: usize = 0x00ff_ffff;
/// So much is wrapped at once at most.
const PIECE: usize = 64 << 10;
/// What wrapping adds is less: 60 bytes with AES (RFC 4121 §4.2.4), 45 with what was before.
const ADDED: usize = 256;

/// What a server offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offer {
    layers: u8,
    /// The longest wrapped buffer that it takes.
    pub(super) longest: usize,
}

impl Offer {
    /// Four bytes: a set of layers, and a length.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, &'static str> {
        let [layers, length @ ..] = bytes else { return Err("the server's offer of layers is empty") };
        let [a, b, c] = length else { return Err("the server's offer of layers is not four bytes") };
        Ok(Self { layers: *layers, longest: u32::from_be_bytes([0, *a, *b, *c]) as usize })
    }

    /// The answer to it: the layer that must be, and the longest buffer accepted here. As whom is left to the ticket.
    pub(super) fn answer(self, seals: bool) -> Result<[u8; 4], &'static str> {
        let (layer, wanted) = if seals { (ENCRYPTED, LONGEST) } else { (NOTHING, 0) };
        if self.layers & layer == 0 {
            return Err(match seals {
                true => "the server does not encrypt by Kerberos: use ldaps:// or start_tls",
                false => "the server wants to encrypt by Kerberos inside TLS: use ldap:// without start_tls",
            });
        }
        if seals && self.longest <= ADDED {
            return Err("the server takes no wrapped buffer that is long enough for a request");
        }
        let [_, a, b, c] = (wanted as u32).to_be_bytes();
        Ok([layer, a, b, c])
    }

    /// How much may be wrapped at once.
    pub(super) fn piece(self) -> usize {
        self.longest.saturating_sub(ADDED).clamp(1, PIECE)
    }
}

/// A wrapped buffer as it is sent.
pub(super) fn framed(token: &[u8], longest: usize) -> io::Result<Vec<u8>> {
    if token.len() > longest {
        return Err(invalid(format!("{} bytes wrapped are more than the server takes, {longest}", token.len())));
    }
    let mut out = Vec::with_capacity(4 + token.len());
    out.extend((token.len() as u32).to_be_bytes());
    out.extend_from_slice(token);
    Ok(out)
}

/// The next wrapped buffer; `None` at the end. Nothing is allocated because a length was announced.
pub(super) fn next(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    from.take(4).read_to_end(&mut head)?;
    let length = match head[..] {
        [] => return Ok(None),
        [a, b, c, d] => u32::from_be_bytes([a, b, c, d]) as usize,
        _ => return Err(invalid("the connection ended in a length".to_owned())),
    };
    if length == 0 || length > LONGEST {
        return Err(invalid(format!("a wrapped buffer of {length} bytes: 1 to {LONGEST} are accepted")));
    }
    let mut token = Vec::new();
    from.take(length as u64).read_to_end(&mut token)?;
    if token.len() < length {
        return Err(invalid(format!("the connection ended after {} of {length} wrapped bytes", token.len())));
    }
    Ok(Some(token))
}

fn invalid(text: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, text)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says what it expected")]
mod tests {
    use super::*;

    /// Gives so many bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(into.len()).min(self.0.len());
            let (now, rest) = self.0.split_at(n);
            into[..n].copy_from_slice(now);
            self.0 = rest;
            Ok(n)
        }
    }

    #[test]
    fn buffers_come_in_pieces_of_any_size() {
        let mut sent = framed(b"first", 100).unwrap();
        sent.extend(framed(&[7; 70_000], LONGEST).unwrap());
        for at_a_time in [1, 2, 3, 5, 4096, 100_000] {
            let mut from = Slow(&sent, at_a_time);
            assert_eq!(next(&mut from).unwrap().unwrap(), b"first");
            assert_eq!(next(&mut from).unwrap().unwrap(), [7; 70_000]);
            assert_eq!(next(&mut from).unwrap(), None);
        }
    }

    #[test]
    fn hostile_lengths_are_errors_and_cost_nothing() {
        for bytes in
            [&b"\0\0\0\0"[..], b"\x01\0\0\0", b"\xff\xff\xff\xff", b"\0\0", b"\0\0\0\x05abc", b"\0\xff\xff\xff"]
        {
            let error = next(&mut Slow(bytes, 1)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData, "{bytes:?}");
        }
        assert!(framed(&[0; 11], 10).is_err());
    }

    #[test]
    fn the_layer_is_the_one_that_must_be_or_none_at_all() {
        let offer = |bytes: &[u8]| Offer::read(bytes).unwrap();
        let everything = offer(&[7, 0, 0xff, 0xff]);
        assert_eq!(everything.longest, 0xffff);
        assert_eq!(everything.answer(true), Ok([4, 0xff, 0xff, 0xff]));
        assert_eq!(everything.answer(false), Ok([1, 0, 0, 0]));
        // Signed alone, or in clear text, is not enough; nor a buffer into which nothing fits.
        for bytes in [[1, 0, 0xff, 0xff], [2, 0, 0xff, 0xff], [3, 0, 0xff, 0xff], [4, 0, 0, 9], [0; 4]] {
            assert!(offer(&bytes).answer(true).is_err(), "{bytes:?}");
        }
        assert!(offer(&[6, 0, 0xff, 0xff]).answer(false).is_err());
        for bytes in [&b""[..], b"\x07", b"\x07\0\0", b"\x07\0\0\0\0"] {
            assert!(Offer::read(bytes).is_err(), "{bytes:?}");
        }
        assert_eq!(offer(&[4, 0, 0x10, 0]).piece(), 0x1000 - ADDED);
        assert_eq!(offer(&[4, 0xff, 0xff, 0xff]).piece(), PIECE);
    }
}
