//! What goes in and out: lengths of four bytes, the most significant first, each followed by so many bytes.
//!
//! ```text
//! in:   number of certificates | certificate (DER) … | message
//! out:  1 | the bytes that were signed        0 | a word on why there are none
//! ```

use crate::Verified;
use std::io::{self, Read, Write};

/// The longest part of a request. `rosterd` sends none that is nearly as long.
const LONGEST: u32 = 4 << 20;
/// The most certificates of one provider.
const MOST: u32 = 32;

/// One message, and whose signatures on it count.
pub(crate) struct Request {
    /// DER.
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) message: String,
}

/// The next request; `None` at the end.
pub(crate) fn read_request(from: &mut impl Read) -> io::Result<Option<Request>> {
    let Some(count) = read_number(from)? else { return Ok(None) };
    if count > MOST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let certificates = (0..count).map(|_| read_part(from)).collect::<io::Result<_>>()?;
    let message = String::from_utf8(read_part(from)?).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(Some(Request { certificates, message }))
}

pub(crate) fn write_answer(to: &mut impl Write, verified: &Verified) -> io::Result<()> {
    let (kind, bytes) = match verified {
        Ok(signed) => (1, signed.as_slice()),
        Err(why) => (0, why.as_bytes()),
    };
    let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidData)?;
    to.write_all(&[kind])?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(bytes)?;
    to.flush()
}

fn read_part(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let length = read_number(from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    if length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length as usize];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// `None` at the end, which is before the first byte.
fn read_number(from: &mut impl Read) -> io::Result<Option<u32>> {
    let mut bytes = [0; 4];
    let first = loop {
        match from.read(&mut bytes[..1]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => break other?,
        }
    };
    if first == 0 {
        return Ok(None);
    }
    from.read_exact(&mut bytes[1..])?;
    Ok(Some(u32::from_be_bytes(bytes)))
}
