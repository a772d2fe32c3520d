//! What rosterd and its helper say to each other until messages are wrapped: a letter, a length of four bytes, bytes.

use std::io::{self, ErrorKind, Read, Write};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The longest that is accepted. A ticket with many groups in it has 64 KiB.
const LONGEST: u32 = 1 << 20;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// To the helper: what is wanted.
    Wish,
    /// Either way: a token from or for the server.
    Token,
    /// From the helper: the token that ends the exchange.
    Last,
    /// To the helper: the server has agreed; from here on LDAP goes both ways, wrapped outside.
    Go,
    /// From the helper: why not, as [`super::why::Refusal`].
    Refusal,
}

impl Kind {
    const ALL: [(Self, u8); 5] =
        [(Self::Wish, b'w'), (Self::Token, b't'), (Self::Last, b'l'), (Self::Go, b'g'), (Self::Refusal, b'r')];

    fn letter(self) -> u8 {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or(0, |(_, letter)| *letter)
    }

    fn of(letter: u8) -> io::Result<Self> {
        let found = Self::ALL.iter().find(|(_, other)| *other == letter);
        found.map(|(kind, _)| *kind).ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "not a frame"))
    }
}

fn head(kind: Kind, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= LONGEST).ok_or_else(too_long)?;
    let mut frame = vec![kind.letter()];
    frame.extend(length.to_be_bytes());
    frame.extend_from_slice(bytes);
    Ok(frame)
}

fn read_head([letter, length @ ..]: [u8; 5]) -> io::Result<(Kind, u32)> {
    let length = u32::from_be_bytes(length);
    if length > LONGEST {
        return Err(too_long());
    }
    Ok((Kind::of(letter)?, length))
}

fn too_long() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "a frame of more than 1 MiB")
}

/// The helper's side.
pub(super) fn write(to: &mut impl Write, kind: Kind, bytes: &[u8]) -> io::Result<()> {
    to.write_all(&head(kind, bytes)?)
}

/// The helper's side.
pub(super) fn read(from: &mut impl Read) -> io::Result<(Kind, Vec<u8>)> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let (kind, length) = read_head(head)?;
    let mut bytes = vec![0; length as usize];
    from.read_exact(&mut bytes)?;
    Ok((kind, bytes))
}

/// rosterd's side.
pub(super) async fn send(to: &mut (impl AsyncWrite + Unpin), kind: Kind, bytes: &[u8]) -> io::Result<()> {
    to.write_all(&head(kind, bytes)?).await
}

/// rosterd's side.
pub(super) async fn receive(from: &mut (impl AsyncRead + Unpin)) -> io::Result<(Kind, Vec<u8>)> {
    let mut head = [0; 5];
    from.read_exact(&mut head).await?;
    let (kind, length) = read_head(head)?;
    let mut bytes = vec![0; length as usize];
    from.read_exact(&mut bytes).await?;
    Ok((kind, bytes))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says what it expected")]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (kind, _) in Kind::ALL {
            let mut bytes = Vec::new();
            write(&mut bytes, kind, b"abc").unwrap();
            assert_eq!(read(&mut bytes.as_slice()).unwrap(), (kind, b"abc".to_vec()));
            assert!(read(&mut &bytes[..7]).is_err());
        }
        assert!(read(&mut b"x\0\0\0\0".as_slice()).is_err());
        assert!(read(&mut b"t\xff\xff\xff\xff".as_slice()).is_err());
        assert!(write(&mut Vec::new(), Kind::Token, &vec![0; (1 << 20) + 1]).is_err());
    }
}
