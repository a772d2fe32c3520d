//! S26-S28, S32 and S33: what a text is to one reader and not to another.

use super::{Hostile, Stage};
use crate::saml::forge::message::{alice, alice_by_response, assertion, assertion_on, changed, unsigned_response};
use crate::saml::forge::names::SAML;
use crate::saml::forge::sign::{bare, signed};
use crate::saml::forge::{STATE, Sent, edit};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

const SPLIT: &str = "CVE-2017-11427 and its like: who reads up to the first node reads somebody else's name";
const FORM: &str = "it is no XML document of the kind that messages are";
const NAMES: &str = "an element is what its namespace says, not its prefix";
const KIND: &str = "it is not the answer to a request for a login";

pub(super) fn all() -> Vec<Hostile> {
    [nodes(), names(), kinds(), documents(), encodings(), forms()].into_iter().flatten().collect()
}

/// An account whose name begins with another's, signed as it is; then the name is cut in two.
fn cut(id: &'static str, name: &str, by: &'static str) -> Hostile {
    Hostile::new(id, Stage::Form, name, SPLIT, move |given| {
        let text = signed(&assertion_on("mallory.alice", given));
        let text = edit(&text, ">mallory.alice</saml:NameID>", &format!(">mallory{by}.alice</saml:NameID>"));
        unsigned_response(&text, given)
    })
}

fn nodes() -> Vec<Hostile> {
    let pi = "<?cut?>";
    vec![
        cut("S26", "a comment in the NameID", "<!---->"),
        cut("S26", "a comment with words in the NameID", "<!-- nothing to see -->"),
        Hostile::new("S26", Stage::Form, "a comment in a group", SPLIT, |given| {
            edit(&alice(given), ">devs<", ">dev<!--x-->s<")
        }),
        Hostile::new("S26", Stage::Form, "a comment before everything", SPLIT, |given| {
            format!("<!-- hello -->{}", alice(given))
        }),
        Hostile::new("S26", Stage::Form, "a comment in SignatureValue", SPLIT, |given| {
            edit(&alice(given), "<ds:SignatureValue>", "<ds:SignatureValue><!--x-->")
        }),
        Hostile::new("S26", Stage::Form, "a comment in the Audience", SPLIT, |given| {
            edit(&alice(given), "<saml:Audience>https://rosterd.", "<saml:Audience>https://<!---->rosterd.")
        }),
        Hostile::new("S27", Stage::Form, "a processing instruction in the NameID, signed", SPLIT, move |given| {
            changed(given, ">alice</saml:NameID>", &format!(">mallory{pi}.alice</saml:NameID>"))
        }),
        Hostile::new("S27", Stage::Form, "a processing instruction in a group, signed", SPLIT, move |given| {
            changed(given, ">devs<", &format!(">admins{pi}x<"))
        }),
        Hostile::new("S27", Stage::Form, "a style sheet before everything", SPLIT, |given| {
            format!("<?xml-stylesheet href=\"http://127.0.0.1:{}/x.xsl\"?>{}", given.trap, alice(given))
        }),
        cut("S28", "a CDATA section in the NameID", "<![CDATA[]]>"),
        Hostile::new("S28", Stage::Form, "a group as a CDATA section", SPLIT, |given| {
            edit(&alice(given), ">devs<", "><![CDATA[devs]]><")
        }),
        Hostile::new("S28", Stage::Form, "a NameID in several CDATA sections", SPLIT, |given| {
            edit(&alice(given), ">alice</saml:NameID>", "><![CDATA[al]]>i<![CDATA[ce]]></saml:NameID>")
        }),
    ]
}

fn names() -> Vec<Hostile> {
    let first = "urn:oasis:names:tc:SAML:1.0:assertion";
    vec![
        Hostile::new("S32", Stage::Form, "an assertion of SAML 1.0's namespace", NAMES, move |given| {
            unsigned_response(&signed(&assertion(given).replace(SAML, first)), given)
        }),
        Hostile::new("S32", Stage::Form, "a response of no namespace", NAMES, |given| {
            alice_by_response(given)
                .replace(" xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"", " xmlns:samlp=\"urn:none\"")
        }),
        Hostile::new("S32", Stage::Form, "a signature of no namespace", NAMES, |given| {
            alice(given).replace("http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>", "urn:none\"><ds:SignedInfo>")
        }),
        Hostile::new("S32", Stage::Form, "names by a prefix that nobody has declared", NAMES, |given| {
            edit(&alice(given), " xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"", "")
        }),
        Hostile::new("S32", Stage::Signature, "the assertion's prefix means something else within", NAMES, |given| {
            edit(&alice(given), "<saml:Subject>", "<saml:Subject xmlns:saml=\"urn:none\">")
        }),
        Hostile::new("S32", Stage::Profile, "attributes of another namespace, signed", NAMES, |given| {
            let text = assertion(given);
            let from = "<saml:Attribute Name=\"uid\"><saml:AttributeValue>alice</saml:AttributeValue></saml:Attribute>";
            let to = "<x:Attribute xmlns:x=\"urn:none\" Name=\"uid\"><x:AttributeValue>mallory</x:AttributeValue></x:Attribute>";
            unsigned_response(&signed(&edit(&text, from, to)), given)
        })
        // They are not read.
        .or("alice"),
        Hostile::new("S32", Stage::Form, "a response in small letters", NAMES, |given| {
            alice(given).replace("samlp:Response", "samlp:response")
        }),
        Hostile::new("S32", Stage::Form, "a reserved prefix for something else", NAMES, |given| {
            edit(&alice(given), "<samlp:Response ", "<samlp:Response xmlns:xml=\"urn:none\" ")
        }),
        Hostile::new("S32", Stage::Form, "the namespace of namespaces", NAMES, |given| {
            edit(&alice(given), "<samlp:Response ", "<samlp:Response xmlns:x=\"http://www.w3.org/2000/xmlns/\" ")
        }),
    ]
}

fn kinds() -> Vec<Hostile> {
    let renamed = |name: &str, kind: &'static str| {
        Hostile::new("S32", Stage::Form, name, KIND, move |given| {
            let text = edit(&alice(given), "<samlp:Response ", &format!("<samlp:{kind} "));
            edit(&text, "</samlp:Response>", &format!("</samlp:{kind}>"))
        })
    };
    vec![
        renamed("the answer to a logout", "LogoutResponse"),
        renamed("a request for a logout", "LogoutRequest"),
        renamed("a request for a login", "AuthnRequest"),
        renamed("an answer by artifact", "ArtifactResponse"),
        Hostile::new("S32", Stage::Form, "an assertion alone", KIND, |given| signed(&assertion(given))),
        Hostile::new("S32", Stage::Form, "a response in an envelope", KIND, |given| {
            let envelope = "http://schemas.xmlsoap.org/soap/envelope/";
            format!("<s:Envelope xmlns:s=\"{envelope}\"><s:Body>{}</s:Body></s:Envelope>", alice(given))
        }),
        Hostile::new("S32", Stage::Form, "a response within a response", KIND, |given| {
            unsigned_response(&alice(given).replace("ID=\"_response\"", "ID=\"_inner\""), given)
        }),
        Hostile::new("S32", Stage::Form, "a response of version 1.1", KIND, |given| {
            edit(&alice(given), "Version=\"2.0\"><saml:Issuer xmlns", "Version=\"1.1\"><saml:Issuer xmlns")
        }),
        Hostile::new("S32", Stage::Profile, "an assertion of version 2.1", KIND, |given| {
            changed(given, "Version=\"2.0\"", "Version=\"2.1\"")
        }),
        Hostile::new("S32", Stage::Profile, "an assertion of no version", KIND, |given| {
            changed(given, " Version=\"2.0\"", "")
        }),
    ]
}

fn documents() -> Vec<Hostile> {
    let with = |name: &str, change: fn(&str) -> String| {
        Hostile::new("S33", Stage::Form, name, FORM, move |given| change(&alice(given)))
    };
    vec![
        with("blanks", |_| "  \n".to_owned()),
        with("no XML", |_| "{\"alice\": true}".to_owned()),
        with("the end is missing", |text| text[..text.len() - 20].to_owned()),
        with("half of it", |text| text[..text.len() / 2].to_owned()),
        with("two roots", |text| format!("{text}{text}")),
        with("words behind it", |text| format!("{text}x")),
        with("words before it", |text| format!("x{text}")),
        with("an attribute twice", |text| edit(text, " ID=\"_assertion\"", " ID=\"_assertion\" ID=\"_other\"")),
        with("an attribute twice by two prefixes", |text| {
            let twice = "<samlp:Response xmlns:a=\"urn:a\" xmlns:b=\"urn:a\" a:x=\"1\" b:x=\"2\" ";
            edit(text, "<samlp:Response ", twice)
        }),
        with("the character of number 0", |text| edit(text, ">alice of", ">&#0;alice of")),
        with("a character that XML does not have", |text| edit(text, ">alice of", ">&#x1;alice of")),
        with("half a character", |text| edit(text, ">alice of", ">&#xD800;alice of")),
        with("a byte 0", |text| edit(text, ">alice of", ">\0alice of")),
        with("a tag that ends another", |text| edit(text, "</saml:NameID>", "</saml:NameId>")),
        with("an attribute without quotes", |text| edit(text, "ID=\"_response\"", "ID=_response")),
        with("a `<` in an attribute", |text| edit(text, "ID=\"_response\"", "ID=\"_response\" Consent=\"<\"")),
        with("XML 1.1", |text| format!("<?xml version=\"1.1\"?>{text}")),
        with("two XML declarations", |text| format!("<?xml version=\"1.0\"?><?xml version=\"1.0\"?>{text}")),
        with("an XML declaration behind a blank", |text| format!(" <?xml version=\"1.0\"?>{text}")),
    ]
}

fn encodings() -> Vec<Hostile> {
    let bytes = |name: &str, change: fn(&str) -> Vec<u8>| {
        Hostile::new("S33", Stage::Form, name, FORM, move |given| Sent::Message(change(&alice(given))))
    };
    vec![
        bytes("UTF-16", |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        bytes("UTF-16 with its mark", |text| {
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect()
        }),
        bytes("UTF-16 that says to be UTF-8", |text| {
            let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{text}");
            text.encode_utf16().flat_map(u16::to_be_bytes).collect()
        }),
        bytes("UTF-8 that says to be UTF-16", |text| {
            format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?>{text}").into_bytes()
        }),
        bytes("UTF-7", |text| {
            let text = text.replace('<', "+ADw-").replace('>', "+AD4-");
            format!("<?xml version=\"1.0\" encoding=\"UTF-7\"?>{text}").into_bytes()
        }),
        bytes("Latin-1", |text| {
            let mut bytes = format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{text}").into_bytes();
            let at = bytes.windows(9).position(|part| part == b">alice of").unwrap();
            bytes[at + 1] = 0xe4;
            bytes
        }),
        bytes("EBCDIC, by its word", |text| format!("<?xml version=\"1.0\" encoding=\"IBM037\"?>{text}").into_bytes()),
        bytes("a byte that is not UTF-8", |text| {
            let mut bytes = text.as_bytes().to_vec();
            let at = bytes.windows(9).position(|part| part == b">alice of").unwrap();
            bytes[at + 1] = 0xff;
            bytes
        }),
        bytes("a slash in two bytes", |text| {
            let at = text.find("</saml:Subject>").unwrap() + 1;
            [&text.as_bytes()[..at], &[0xc0, 0xaf], &text.as_bytes()[at + 1..]].concat()
        }),
        bytes("UTF-8 with a mark", |text| format!("\u{feff}{text}").into_bytes()),
    ]
}

fn forms() -> Vec<Hostile> {
    let form = |name: &str, make: fn(&str) -> String| {
        Hostile::new(
            "S33",
            Stage::Form,
            name,
            "the form has a message in base64, once (SAML bindings §3.5.4)",
            move |given| Sent::Form(make(&alice(given))),
        )
    };
    vec![
        form("an empty form", |_| String::new()),
        form("no message", |_| format!("RelayState={STATE}")),
        form("an empty message", |_| format!("SAMLResponse=&RelayState={STATE}")),
        form("a message that is not in base64", |text| form_of("SAMLResponse", text)),
        form("the message in the base64 of URLs, without its end", |text| {
            form_of("SAMLResponse", &URL_SAFE_NO_PAD.encode(format!("{text}\u{fffd}???>>>")))
        }),
        form("base64 with other characters in it", |text| {
            let message = STANDARD.encode(text);
            form_of("SAMLResponse", &format!("{}*!*{}", &message[..40], &message[40..]))
        }),
        form("two messages", |text| {
            let message = form_of("SAMLResponse", &STANDARD.encode(bare(text)));
            format!("{message}&{message}")
        }),
        form("the message as a request", |text| form_of("SAMLRequest", &STANDARD.encode(text))),
        form("an artifact", |_| form_of("SAMLart", "AAQAAMh48/1oXIM+sDo7Dh2qMp1HM4IF5DaRNmDj6RdUmllwn9jJHyEgIi8=")),
    ]
}

fn form_of(field: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair(field, value).append_pair("RelayState", STATE).finish()
}
