//! What people can usually write themselves, so that a right must not hang on it.
//!
//! A directory's or identity provider's own settings decide in the end; these are their defaults.

/// Attributes of LDAP entries, in small letters, in order.
///
/// * Active Directory: the property sets Personal-Information, Web-Information and
///   Phone-and-Mail-Options, which SELF may write (MS-ADTS 3.1.1.2.3.3, "Property Set").
/// * FreeIPA: the self-service rule "Self service", as installed.
/// * 389 Directory Server: the rule "Enable self write for common attributes" of a new suffix.
const LDAP: &[&str] = &[
    "assistant",
    "businesscategory",
    "c",
    "carlicense",
    "cn",
    "description",
    "displayname",
    "employeetype",
    "facsimiletelephonenumber",
    "gecos",
    "givenname",
    "homephone",
    "homepostaladdress",
    "inetuserhttpurl",
    "info",
    "initials",
    "internationalisdnnumber",
    "ipphone",
    "jpegphoto",
    "l",
    "labeleduri",
    "loginshell",
    "manager",
    "mobile",
    "msmqdigests",
    "msmqsigncertificates",
    "otherfacsimiletelephonenumber",
    "otherhomephone",
    "otheripphone",
    "othermobile",
    "otherpager",
    "othertelephone",
    "ou",
    "pager",
    "personaltitle",
    "photo",
    "physicaldeliveryofficename",
    "postaladdress",
    "postalcode",
    "postofficebox",
    "preferreddeliverymethod",
    "preferredlanguage",
    "primaryinternationalisdnnumber",
    "primarytelexnumber",
    "registeredaddress",
    "roomnumber",
    "secretary",
    "seealso",
    "sn",
    "st",
    "street",
    "streetaddress",
    "surname",
    "telephonenumber",
    "teletexterminalidentifier",
    "telexnumber",
    "thumbnailphoto",
    "title",
    "url",
    "usercert",
    "usercertificate",
    "userpassword",
    "usersharedfolder",
    "usersharedfolderother",
    "usersmimecertificate",
    "wwwhomepage",
    "wwwhomepageother",
    "x121address",
    "x500uniqueidentifier",
];

/// Standard claims about the person (OpenID Connect Core 1.0, section 5.1), in order. Section 5.7
/// says that only `iss` and `sub` together can be relied on; most providers let people edit these.
const OIDC: &[&str] = &[
    "address",
    "birthdate",
    "email",
    "family_name",
    "gender",
    "given_name",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "phone_number",
    "picture",
    "preferred_username",
    "profile",
    "website",
    "zoneinfo",
];

/// Claims that are good when another one says that they were verified (as above, section 5.1).
const VERIFIED_BY: [(&str, &str); 2] = [("email", "email_verified"), ("phone_number", "phone_number_verified")];

/// Whether people can usually write this attribute of their LDAP entry (RFC 4512, section 2.5:
/// without case, and without options).
pub(super) fn ldap(name: &str) -> bool {
    let name = name.split(';').next().unwrap_or_default().to_ascii_lowercase();
    LDAP.binary_search(&name.as_str()).is_ok()
}

/// Whether people can usually write this claim.
pub(super) fn oidc(name: &str) -> bool {
    OIDC.binary_search(&name).is_ok()
}

/// The claim that says that this one was verified.
pub(super) fn verified_by(name: &str) -> Option<&'static str> {
    VERIFIED_BY.iter().find(|(claim, _)| *claim == name).map(|(_, by)| *by)
}

#[cfg(test)]
mod tests {
    use super::{LDAP, OIDC, ldap, oidc};

    #[test]
    fn the_tables_are_in_order() {
        assert!(LDAP.is_sorted() && OIDC.is_sorted());
        assert!(ldap("displayName;lang-en") && ldap("wWWHomePage") && oidc("nickname"));
        assert!(!ldap("memberOf") && !ldap("department") && !oidc("groups") && !oidc("sub"));
    }
}
