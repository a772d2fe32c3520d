//! What follows from an event: the one table. There is nothing in it that gives somebody something.

use super::signal::Signal;
use crate::config::OnDisabled;

/// How the provider knows its people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// It can be asked about anybody.
    Listed,
    /// By their logins only.
    ByLogins,
}

/// What follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Effect {
    /// The person's sessions here end.
    pub(super) sessions: bool,
    /// What their login gave ends.
    pub(super) lease: bool,
    /// The provider is asked about them.
    pub(super) look: bool,
}

const NOTHING: Effect = Effect { sessions: false, lease: false, look: false };
const LOOK: Effect = Effect { look: true, ..NOTHING };
const REVOKE: Effect = Effect { sessions: true, look: true, ..NOTHING };
const END: Effect = Effect { sessions: true, lease: true, ..NOTHING };

pub(super) fn effect(signal: Signal, known: Known, on_disabled: OnDisabled) -> Effect {
    match signal {
        // Whoever took the credential may be logged in with it.
        Signal::SessionRevoked | Signal::SessionsRevoked | Signal::CredentialCompromise => REVOKE,
        Signal::TokenClaimsChange
        | Signal::CredentialChange
        | Signal::AssuranceLevelChange
        | Signal::DeviceComplianceChange
        | Signal::RiskLevelChange
        | Signal::CredentialChangeRequired
        | Signal::IdentifierChanged
        | Signal::IdentifierRecycled
        | Signal::RecoveryActivated
        | Signal::RecoveryInformationChanged
        // An event never grants: whether they are there again, the provider says.
        | Signal::AccountEnabled => LOOK,
        Signal::AccountDisabled | Signal::AccountPurged => match (known, on_disabled) {
            (Known::Listed, _) | (Known::ByLogins, OnDisabled::Check) => LOOK,
            // Nobody else can say that they are gone.
            (Known::ByLogins, OnDisabled::End) => END,
        },
        Signal::SessionEstablished
        | Signal::SessionPresented
        | Signal::OptIn
        | Signal::OptOutInitiated
        | Signal::OptOutCancelled
        | Signal::OptOutEffective
        | Signal::Verification
        | Signal::StreamUpdated
        | Signal::Unknown => NOTHING,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o26_each_event_has_its_effect_and_none_gives() {
        let all = |signal: Signal| {
            [
                effect(signal, Known::Listed, OnDisabled::End),
                effect(signal, Known::ByLogins, OnDisabled::End),
                effect(signal, Known::ByLogins, OnDisabled::Check),
            ]
        };
        let mut seen = Vec::new();
        for (expected, signals) in [
            ([REVOKE; 3], "session-revoked sessions-revoked credential-compromise"),
            (
                [LOOK; 3],
                "token-claims-change credential-change assurance-level-change device-compliance-change \
                 risk-level-change account-credential-change-required identifier-changed identifier-recycled \
                 recovery-activated recovery-information-changed account-enabled",
            ),
            ([LOOK, END, LOOK], "account-disabled account-purged"),
            (
                [NOTHING; 3],
                "session-established session-presented opt-in opt-out-initiated opt-out-cancelled opt-out-effective \
                 verification stream-updated unknown",
            ),
        ] {
            for name in signals.split_whitespace() {
                let signal = Signal::ALL.iter().copied().find(|signal| signal.name() == name);
                assert_eq!(signal.map(all), Some(expected), "{name}");
                seen.push(name);
            }
        }
        assert_eq!(seen.len(), Signal::ALL.len());
    }
}
