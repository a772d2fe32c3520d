//! Forms of a page, as a browser would send them. For pages of known programs only: this is no parser of HTML.

/// A form and what is in its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// As it stands in the page; empty for the page's own address.
    pub action: String,
    /// In capitals.
    pub method: String,
    pub fields: Vec<(String, String)>,
}

impl Form {
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(named, _)| named == name).map(|(_, value)| value.as_str())
    }

    /// Puts this in the field, which is one more if it is not there.
    pub fn set(&mut self, name: &str, value: &str) {
        match self.fields.iter_mut().find(|(named, _)| named == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
    }

    /// The first of these fields that the form has.
    pub fn named<'a>(&self, names: &[&'a str]) -> Option<&'a str> {
        names.iter().copied().find(|name| self.value(name).is_some())
    }

    pub fn body(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.fields).finish()
    }
}

/// All forms of a page, in their order.
pub fn forms(page: &str) -> Vec<Form> {
    let mut found = Vec::new();
    for part in page.split("<form").skip(1) {
        let (tag, rest) = part.split_once('>').unwrap_or((part, ""));
        let inside = rest.split("</form>").next().unwrap();
        let field = |input: &str| {
            let tag = input.split('>').next().unwrap();
            // A button that nobody presses sends nothing, nor does a box that nobody ticks.
            let silent = matches!(attribute(tag, "type").as_deref(), Some("submit" | "button" | "checkbox" | "image"));
            let name = attribute(tag, "name").filter(|_| !silent)?;
            Some((name, attribute(tag, "value").unwrap_or_default()))
        };
        found.push(Form {
            action: attribute(tag, "action").unwrap_or_default(),
            method: attribute(tag, "method").unwrap_or_else(|| "get".to_owned()).to_uppercase(),
            fields: inside.split("<input").skip(1).filter_map(field).collect(),
        });
    }
    found
}

/// An attribute's value, decoded. `tag` is what stands between the tag's name and its end.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag;
    loop {
        let (before, after) = rest.split_once(&format!("{name}="))?;
        // Not the end of another one's name.
        if before.ends_with(char::is_whitespace) {
            let quote = after.chars().next().filter(|first| matches!(first, '"' | '\''))?;
            return after[1..].split(quote).next().map(decoded);
        }
        rest = after;
    }
}

/// What stands in a page, read: numbers and the four names that programs write.
fn decoded(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split('&');
    out.push_str(parts.next().unwrap());
    for part in parts {
        let (name, rest) = part.split_once(';').unwrap_or_else(|| panic!("{text} has a bare &"));
        let code = match name {
            "amp" => Some(u32::from('&')),
            "quot" => Some(u32::from('"')),
            "lt" => Some(u32::from('<')),
            "gt" => Some(u32::from('>')),
            _ => name
                .strip_prefix("#x")
                .map_or_else(|| name.strip_prefix('#')?.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok()),
        };
        out.push(code.and_then(char::from_u32).unwrap_or_else(|| panic!("{text}: what is &{name};")));
        out.push_str(rest);
    }
    out
}
