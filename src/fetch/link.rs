//! Links of an answer's header (RFC 8288 §3). A header that is not understood is an error: what it held may have been
//! where the rest of a list is.

use reqwest::header::{HeaderMap, LINK};

/// A header `Link` that is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the header `Link` is not understood")]
pub struct BadLink;

/// Where the links of an answer lead, each with its relations, in small letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links(Vec<(String, String)>);

impl Links {
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, BadLink> {
        let mut all = Self::default();
        for value in headers.get_all(LINK) {
            let mut rest = value.to_str().map_err(|_| BadLink)?.trim();
            while !rest.is_empty() {
                rest = all.one(rest)?.trim_start_matches([',', ' ', '\t']);
            }
        }
        Ok(all)
    }

    /// Takes in the first link of a text, and gives what stands behind it.
    fn one<'t>(&mut self, text: &'t str) -> Result<&'t str, BadLink> {
        let (target, mut rest) = text.strip_prefix('<').and_then(|text| text.split_once('>')).ok_or(BadLink)?;
        loop {
            rest = rest.trim_start();
            let Some(parameter) = rest.strip_prefix(';') else { break };
            let end = parameter.find([';', ',', '=']).unwrap_or(parameter.len());
            let name = parameter[..end].trim();
            rest = &parameter[end..];
            let Some(value) = rest.strip_prefix('=') else { continue };
            let (value, behind) = match value.trim_start().strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or(BadLink)?,
                None => value.split_at(value.find([';', ',']).unwrap_or(value.len())),
            };
            if name.eq_ignore_ascii_case("rel") {
                self.0.push((value.trim().to_ascii_lowercase(), target.to_owned()));
            }
            rest = behind;
        }
        if rest.is_empty() || rest.starts_with(',') { Ok(rest) } else { Err(BadLink) }
    }

    /// Where the link of that relation leads; the first, if there are several.
    #[must_use]
    pub fn get(&self, relation: &str) -> Option<&str> {
        let has = |relations: &str| relations.split_whitespace().any(|one| one == relation);
        self.0.iter().find(|(relations, _)| has(relations)).map(|(_, target)| target.as_str())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    fn links(values: &[&str]) -> Result<Links, BadLink> {
        Links::of(&values.iter().map(|value| (LINK, value.parse().unwrap())).collect())
    }

    #[test]
    fn the_next_page_is_where_the_header_says() {
        let two = "<https://api.example/x?page=1>; rel=\"prev\", <https://api.example/x?a=b,c;d&page=3>; REL=\"Next\"";
        let read = links(&[two]).unwrap();
        assert_eq!(read.get("next"), Some("https://api.example/x?a=b,c;d&page=3"));
        assert_eq!(read.get("prev"), Some("https://api.example/x?page=1"));
        assert_eq!(read.get("last"), None);
        let apart = links(&["<a>; rel=self", "<b> ;title=\"x, y; z\"; rel=\"last next\" , <c>;crossorigin;rel=first"]);
        let apart = apart.unwrap();
        assert_eq!(["self", "next", "last", "first"].map(|rel| apart.get(rel)), ["a", "b", "b", "c"].map(Some));
        assert_eq!(links(&[]), Ok(Links::default()));
    }

    #[test]
    fn l09_a_header_that_is_cut_is_not_the_end() {
        for bad in
            ["<https://api.example/x", "https://x; rel=next", "<a>; rel=\"next", "<a> rel=next", "<a>; rel=next <b>"]
        {
            let read = links(&[bad]);
            assert!(read.is_err() || read.unwrap().get("next") == Some("a"), "{bad}");
        }
        assert_eq!(links(&["<a>; rel=\"self\", <b"]), Err(BadLink));
    }
}
