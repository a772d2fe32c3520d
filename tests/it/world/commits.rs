//! Where, in what a client says to PostgreSQL, an apply is committed (PostgreSQL manual, 55.7).

/// What only an apply says, near its end. Said once a connection, and from then on by its name.
const APPLYING: &[u8] = b"UPDATE state SET generation";
const COMMIT: &[u8] = b"COMMIT\0";
/// How the names of statements begin.
const NAME: &[u8] = b"sqlx_s_";
/// How much of what was read before may belong to what is looked for.
const KEPT: usize = 64;

#[derive(Debug, Default)]
pub struct Commits {
    applying: bool,
    /// Of the statement, with the zeros around it as they stand where it is carried out.
    name: Option<Vec<u8>>,
    before: Vec<u8>,
}

impl Commits {
    /// Whether the next commit that these bytes hold is an apply's.
    pub fn hold(&mut self, bytes: &[u8]) -> bool {
        self.before.extend_from_slice(bytes);
        let seen = &self.before;
        if let Some(at) = find(seen, APPLYING) {
            self.applying = true;
            // It may have passed before.
            if let Some(begin) = seen[..at].windows(NAME.len()).rposition(|window| window == NAME) {
                self.name = Some([&[0], &seen[begin..at]].concat());
            }
        } else if let Some(name) = &self.name {
            self.applying |= find(seen, name).is_some();
        }
        let commits = find(seen, COMMIT).is_some();
        let of_an_apply = commits && self.applying;
        if commits {
            self.applying = false;
        }
        let keep = if commits { 0 } else { KEPT };
        self.before.drain(..self.before.len().saturating_sub(keep));
        of_an_apply
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[test]
fn an_apply_is_known_by_its_words_and_later_by_its_name() {
    let mut commits = Commits::default();
    assert!(!commits.hold(b"Q\0\0\0\x0bCOMMIT\0"));
    assert!(!commits.hold(b"P\0\0\0\x50sqlx_s_7\0UPDATE state SET gene"));
    assert!(!commits.hold(b"ration = generation + 1\0"));
    assert!(!commits.hold(b"B\0\0\0\x19\0sqlx_s_7\0"));
    assert!(commits.hold(b"Q\0\0\0\x0bCOMMIT\0"));
    assert!(!commits.hold(b"B\0\0\0\x19\0sqlx_s_8\0"));
    assert!(!commits.hold(b"Q\0\0\0\x0bCOMMIT\0"));
    assert!(!commits.hold(b"B\0\0\0\x19\0sqlx_s_"));
    assert!(!commits.hold(b"7\0"));
    assert!(commits.hold(b"Q\0\0\0\x0bCOMMIT\0"));
}
