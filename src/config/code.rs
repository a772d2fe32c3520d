//! The stable names of everything that can be wrong with a configuration: scripts filter by them,
//! and each has its page in `docs/diagnostics/`, which is also in the program.
//!
//! A code never changes its meaning; one that is no longer needed is not used again.

use super::words::suggest;
use serde::{Serialize, Serializer};
use std::fmt;

/// Whether rosterd can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
}

/// Makes the enum, its list, its names and its pages of one table, so that none can be forgotten.
macro_rules! codes {
    ($($(#[$about:meta])* $name:ident = $text:literal, $severity:ident;)*) => {
        /// What kind of thing is wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$about])* $name,)*
        }

        impl Code {
            /// All of them, in the order of the index page.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As it is printed.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// Whether it stops rosterd. One code is always the same.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$name => Severity::$severity,)*
                }
            }

            /// What it means and what to do, in Markdown.
            #[must_use]
            pub fn page(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!("../../docs/diagnostics/", $text, ".md")),)*
                }
            }
        }
    };
}

codes! {
    FileFormat = "file-format", Error;
    FileUnreadable = "file-unreadable", Error;
    Syntax = "syntax", Error;
    DuplicateKey = "duplicate-key", Error;
    TooDeep = "too-deep", Error;
    YamlFeature = "yaml-feature", Error;

    UnknownKey = "unknown-key", Error;
    MissingKey = "missing-key", Error;
    WrongType = "wrong-type", Error;
    OutOfRange = "out-of-range", Error;
    UnknownWord = "unknown-word", Error;
    MalformedValue = "malformed-value", Error;
    EmptyValue = "empty-value", Error;
    ExactlyOneKey = "exactly-one-key", Error;
    ZeroDuration = "zero-duration", Error;
    LongLease = "long-lease", Error;
    RecheckProvider = "recheck-provider", Error;
    /// The schema takes what the program does not: a mistake of rosterd's own.
    SchemaMismatch = "schema-mismatch", Error;

    VariableUnknownKey = "variable-unknown-key", Error;
    VariableNotJson = "variable-not-json", Error;
    VariableSetTwice = "variable-set-twice", Error;

    DatabaseUrl = "database-url", Error;
    PasswordInUrl = "password-in-url", Error;
    PasswordUnused = "password-unused", Error;

    OrgName = "org-name", Error;

    ProviderName = "provider-name", Error;
    ProviderSource = "provider-source", Error;
    BadSchedule = "bad-schedule", Error;
    BadTimeZone = "bad-time-zone", Error;
    ScheduleKeys = "schedule-keys", Error;
    DefaultMissing = "default-missing", Error;
    DefaultUnused = "default-unused", Error;
    DirectRoleValues = "direct-role-values", Error;
    SettingsContradict = "settings-contradict", Warning;

    CodeFlowNeeds = "code-flow-needs", Error;
    ParameterTaken = "parameter-taken", Error;

    LdapUrl = "ldap-url", Error;
    StartTlsScheme = "start-tls-scheme", Error;
    ClientCertificate = "client-certificate", Error;
    BindKeyMissing = "bind-key-missing", Error;
    BindKeyUnused = "bind-key-unused", Error;
    /// Only a build that lacks it says it.
    NotInThisBuild = "not-in-this-build", Error;
    CleartextPassword = "cleartext-password", Warning;
    AttributeName = "attribute-name", Error;
    DuplicateAttribute = "duplicate-attribute", Error;
    SecretAttribute = "secret-attribute", Error;
    AttributesUnused = "attributes-unused", Error;
    NoMembership = "no-membership", Error;

    ListenAddress = "listen-address", Error;
    HttpCleartext = "http-cleartext", Warning;
    ClientAuthority = "client-authority", Error;
    PublicUrl = "public-url", Error;
    PersonUnclear = "person-unclear", Error;

    RuleId = "rule-id", Error;
    DuplicateRuleId = "duplicate-rule-id", Error;
    UnknownProvider = "unknown-provider", Error;
    RuleGivesNothing = "rule-gives-nothing", Error;
    OrgMissing = "org-missing", Error;
    TeamMissing = "team-missing", Error;
    BadRole = "bad-role", Error;
    BadScope = "bad-scope", Error;
    RolesMissing = "roles-missing", Error;
    ClaimTest = "claim-test", Error;
    BadDn = "bad-dn", Error;
    BadRegex = "bad-regex", Error;
    BadExpression = "bad-expression", Error;
    BadTemplate = "bad-template", Error;

    HookProvider = "hook-provider", Error;
    HookName = "hook-name", Error;
    HookKeyMissing = "hook-key-missing", Error;
    HookKeyUnused = "hook-key-unused", Error;
    HookNotASource = "hook-not-a-source", Error;

    SignalsName = "signals-name", Error;
    SignalsKeyUnused = "signals-key-unused", Error;
    SignalsEmail = "signals-email", Error;

    AsteriskInGroup = "asterisk-in-group", Warning;
    RuleNeverFires = "rule-never-fires", Warning;
    RuleShadowed = "rule-shadowed", Warning;
    RuleAddsNothing = "rule-adds-nothing", Warning;
    RuleContradicts = "rule-contradicts", Warning;
    AdminForEverybody = "admin-for-everybody", Warning;
    SelfWrittenAttribute = "self-written-attribute", Warning;
    /// Only `rosterd check rules` can say it: it needs the database.
    GroupNeverSeen = "group-never-seen", Warning;
    /// As above.
    RuleMatchesNobody = "rule-matches-nobody", Warning;
}

impl Code {
    /// The code of that name, or what may have been meant.
    pub fn parse(text: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|code| code.as_str() == text).copied();
        known.ok_or_else(|| suggest(text, Self::ALL.iter().map(|code| code.as_str())))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn every_code_is_a_few_small_words_and_found_by_them() {
        for code in Code::ALL {
            let text = code.as_str();
            assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{text}");
            assert_eq!(Code::parse(text), Ok(*code));
        }
        assert_eq!(Code::parse("unknow-key"), Err("did you mean `unknown-key`?".to_owned()));
    }
}
