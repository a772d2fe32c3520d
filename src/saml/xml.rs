//! The first look at a message: whether it is XML that can be read without harm.
//!
//! In XML a `<` begins markup and nothing else; it stands in no text and no value. So what no message needs is found
//! without understanding any of it, before a parser sees it: declarations, comments, sections, instructions, depth.
//! What this lets through, three parsers have to read alike, and do not have to be trusted with more.

use super::Refused;
use roxmltree::{Document, ParsingOptions};

/// How much of it there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) bytes: usize,
    pub(super) elements: usize,
    /// Whether people may have written comments into it.
    pub(super) comments: bool,
}

/// Of a message about one person.
pub(super) const MESSAGE: Limits = Limits { bytes: 256 << 10, elements: 10_000, comments: false };
/// Of metadata: of one provider, or of a few.
pub(super) const METADATA: Limits = Limits { bytes: 4 << 20, elements: 100_000, comments: true };
/// How deep elements may be within each other.
const DEPTH: usize = 24;
/// How many attributes one element may have, namespaces among them.
const ATTRIBUTES: usize = 32;

/// Reads a message.
pub(super) fn parse(text: &str, limits: Limits) -> Result<Document<'_>, Refused> {
    scan(text.as_bytes(), limits)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: u32::MAX, ..ParsingOptions::default() };
    let form = |_| Refused::new("xml-form", "it is no well-formed XML");
    let document = Document::parse_with_options(text, options).map_err(form)?;
    namespaces(&document)?;
    Ok(document)
}

/// Refuses by the bytes alone. One pass.
fn scan(text: &[u8], limits: Limits) -> Result<(), Refused> {
    if text.len() > limits.bytes {
        return Err(Refused::new("message-size", "it is larger than any message that is believed"));
    }
    let body = declaration(text)?;
    let (mut at, mut depth, mut elements) = (0, 0_usize, 0_usize);
    while let Some(next) = body.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'<')) {
        at += next + 1;
        match body.get(at) {
            Some(b'!') if limits.comments && body.get(at..).is_some_and(|rest| rest.starts_with(b"!--")) => {
                let rest = body.get(at..).unwrap_or_default();
                let end = rest.windows(3).position(|three| three == b"-->");
                at += end.ok_or(Refused::new("xml-form", "it is no well-formed XML"))?;
            }
            Some(b'!') => return Err(forbidden(body.get(at..).unwrap_or_default())),
            Some(b'?') => {
                return Err(Refused::new("xml-instruction", "it has a processing instruction, which no message needs"));
            }
            Some(b'/') => depth = depth.saturating_sub(1),
            _ => {
                let (end, attributes, empty) = tag(body, at)?;
                elements += 1;
                if attributes > ATTRIBUTES {
                    return Err(Refused::new("xml-attributes", "an element has more attributes than any needs"));
                }
                if elements > limits.elements {
                    return Err(Refused::new("xml-elements", "it has more elements than any message that is believed"));
                }
                depth += usize::from(!empty);
                if depth > DEPTH {
                    return Err(Refused::new("xml-depth", "its elements are deeper in each other than any message's"));
                }
                at = end;
            }
        }
    }
    Ok(())
}

/// What follows the XML declaration, which may only say what is so anyway (XML 1.0 §2.8).
fn declaration(text: &[u8]) -> Result<&[u8], Refused> {
    let bad = Refused::new("xml-declaration", "it is not XML 1.0 in UTF-8");
    if text.first() != Some(&b'<') && !text.first().is_some_and(u8::is_ascii_whitespace) {
        return Err(bad);
    }
    let Some(rest) = text.strip_prefix(b"<?xml") else { return Ok(text) };
    let end = rest.windows(2).take(200).position(|two| two == b"?>").ok_or(bad)?;
    let said = String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).to_ascii_lowercase().replace('\'', "\"");
    let mut words = said.split_ascii_whitespace();
    let plain = words.next() == Some("version=\"1.0\"")
        && words.all(|word| matches!(word, "encoding=\"utf-8\"" | "standalone=\"yes\"" | "standalone=\"no\""));
    if plain { Ok(rest.get(end + 2..).unwrap_or_default()) } else { Err(bad) }
}

fn forbidden(markup: &[u8]) -> Refused {
    if markup.starts_with(b"!--") {
        Refused::new("xml-comment", "it has a comment, which can hide a part of a name")
    } else if markup.starts_with(b"![CDATA[") {
        Refused::new("xml-cdata", "it has a CDATA section, which can hide a part of a name")
    } else {
        Refused::new("xml-doctype", "it declares a document type, which no message needs")
    }
}

/// Where a tag that begins here ends, how many attributes it has, and whether it is its own end.
fn tag(body: &[u8], from: usize) -> Result<(usize, usize, bool), Refused> {
    let (mut quote, mut attributes) = (None, 0);
    for (at, byte) in body.iter().enumerate().skip(from) {
        match (quote, byte) {
            (None, b'>') => return Ok((at, attributes, body.get(at.wrapping_sub(1)) == Some(&b'/'))),
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'=') => attributes += 1,
            (Some(open), byte) if open == *byte => quote = None,
            (_, b'<') => break,
            _ => {}
        }
    }
    Err(Refused::new("xml-form", "it is no well-formed XML"))
}

/// Namespaces are absolute: what a relative one is, parsers do not agree on (Namespaces in XML §2.2).
fn namespaces(document: &Document<'_>) -> Result<(), Refused> {
    let all = document.descendants().filter(roxmltree::Node::is_element).flat_map(|node| node.namespaces());
    for namespace in all {
        let uri = namespace.uri();
        let absolute = uri.split_once(':').is_some_and(|(scheme, _)| {
            !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        });
        let none = uri.is_empty() && namespace.name().is_none();
        if !absolute && !none {
            return Err(Refused::new("xml-namespace", "a namespace in it is no absolute URI"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<&'static str> {
        parse(text, MESSAGE).err().map(|refused| refused.code)
    }

    #[test]
    fn plain_xml_is_read() {
        for good in [
            "<a/>",
            "\n<a b='1' c=\"=>\"><b/>x</a>\n",
            "<?xml version=\"1.0\"?><a/>",
            "<?xml version='1.0' encoding='UTF-8' standalone='no'?>\n<a xmlns='urn:a' xmlns:b='http://b/'><b:c/></a>",
        ] {
            assert_eq!(code(good), None, "{good}");
        }
    }

    #[test]
    fn s25_to_s33_what_no_message_needs_is_refused_on_sight() {
        for (bad, why) in [
            ("<!DOCTYPE a><a/>", "xml-doctype"),
            ("<!doctype a [<!ENTITY b 'c'>]><a/>", "xml-doctype"),
            ("<a><!ATTLIST b></a>", "xml-doctype"),
            ("<a>b<!-- c -->d</a>", "xml-comment"),
            ("<a><![CDATA[b]]></a>", "xml-cdata"),
            ("<a><?b c?></a>", "xml-instruction"),
            ("<?xml-stylesheet href='x'?><a/>", "xml-declaration"),
            ("<?xml version='1.1'?><a/>", "xml-declaration"),
            ("<?xml version='1.0' encoding='UTF-16'?><a/>", "xml-declaration"),
            ("<?xml version='1.0' encoding='UTF-7'?><a/>", "xml-declaration"),
            ("\u{feff}<a/>", "xml-declaration"),
            ("", "xml-declaration"),
            ("junk<a/>", "xml-declaration"),
            ("<a/>junk", "xml-form"),
            ("<a/><b/>", "xml-form"),
            ("<a>", "xml-form"),
            ("<a b='1' b='2'/>", "xml-form"),
            ("<a>&#0;</a>", "xml-form"),
            ("<a>&b;</a>", "xml-form"),
            ("<a b='<'/>", "xml-form"),
            ("<a xmlns:b='relative/x'/>", "xml-namespace"),
            ("<b:a/>", "xml-form"),
        ] {
            assert_eq!(code(bad), Some(why), "{bad}");
        }
    }

    #[test]
    fn s22_to_s24_there_is_an_end_to_everything() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert_eq!(code(&nested(DEPTH)), None);
        assert_eq!(code(&nested(DEPTH + 1)), Some("xml-depth"));
        assert_eq!(code(&nested(30_000)), Some("xml-depth"));
        let attributes = |count: usize| {
            let all: String = (0..count).map(|n| format!(" a{n}='='")).collect();
            format!("<a{all}/>")
        };
        assert_eq!(code(&attributes(ATTRIBUTES)), None);
        assert_eq!(code(&attributes(20_000)), Some("xml-attributes"));
        assert_eq!(code(&format!("<a>{}</a>", "<b/>".repeat(MESSAGE.elements))), Some("xml-elements"));
        assert_eq!(code(&format!("<a>{}</a>", "x".repeat(MESSAGE.bytes))), Some("message-size"));
    }
}
