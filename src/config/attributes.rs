//! Attributes that nobody may ask a directory for.

/// Names and OIDs of attributes that hold passwords, their hashes or keys: of RFC 4519, RFC 3112,
/// RFC 2798, password policies, Active Directory, Kerberos, Samba, FreeIPA and 389-ds.
const SECRET: [&str; 34] = [
    "userPassword",
    "2.5.4.35",
    "authPassword",
    "1.3.6.1.4.1.4203.1.3.4",
    "userPKCS12",
    "2.16.840.1.113730.3.1.216",
    "pwdHistory",
    "1.3.6.1.4.1.42.2.27.8.1.20",
    "passwordHistory",
    "unicodePwd",
    "1.2.840.113556.1.4.90",
    "dBCSPwd",
    "1.2.840.113556.1.4.55",
    "ntPwdHistory",
    "lmPwdHistory",
    "supplementalCredentials",
    "msDS-ManagedPassword",
    "ms-Mcs-AdmPwd",
    "msLAPS-Password",
    "msLAPS-EncryptedPassword",
    "unixUserPassword",
    "krbPrincipalKey",
    "2.16.840.1.113719.1.301.4.39.1",
    "krbMKey",
    "sambaNTPassword",
    "1.3.6.1.4.1.7165.2.1.25",
    "sambaLMPassword",
    "1.3.6.1.4.1.7165.2.1.24",
    "sambaPasswordHistory",
    "sambaClearTextPassword",
    "ipaNTHash",
    "ipatokenOTPkey",
    "nsds5ReplicaCredentials",
    "olcRootPW",
];

/// Whether an attribute of that name, options or not, holds passwords or keys.
#[must_use]
pub(crate) fn holds_secrets(name: &str) -> bool {
    let name = name.split(';').next().unwrap_or(name);
    SECRET.iter().any(|secret| secret.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_in_any_case_and_with_options() {
        for name in
            ["userPassword", "USERPASSWORD", "userpassword;x-a", "2.5.4.35", "krbPrincipalKey", "sambaNTPassword"]
        {
            assert!(holds_secrets(name), "{name}");
        }
        for name in ["department", "pwdChangedTime", "mail", ""] {
            assert!(!holds_secrets(name), "{name}");
        }
    }
}
