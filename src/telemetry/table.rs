//! Every metric: `docs/metrics.md` is made from this table, every scrape holds all of it, and a test
//! finds nothing in a scrape that is not here.

use super::metric::Kind::{Counter, Gauge, Histogram};
use super::metric::Values::{Described, Hooks, Providers, Signals, Words};
use super::metric::{Kind, LONG, Label, Metric, QUICK, Values};
use super::names;

const fn label(name: &'static str, values: Values) -> Label {
    Label { name, values }
}

/// One whose series begin at 0.
const fn zero(name: &'static str, kind: Kind, labels: &'static [Label], help: &'static str) -> Metric {
    Metric { name, kind, help, labels, from_zero: true }
}

/// One whose series begin when there is something to say.
const fn later(name: &'static str, kind: Kind, labels: &'static [Label], help: &'static str) -> Metric {
    Metric { name, kind, help, labels, from_zero: false }
}

const PROVIDER: Label = label("provider", Providers);
const HOOK: Label = label("hook", Hooks);
const SIGNAL: Label = label("signal", Signals);
const TRIGGER: Label = label("trigger", Words(&["command", "schedule", "login", "api", "feed", "lease"]));
const RUN_OUTCOME: Label = label("outcome", Words(&["applied", "unchanged", "held", "failed"]));
const STAGE: Label = label("stage", Words(&["read", "observe", "plan", "apply"]));
const OBJECT: Label = label("object", Words(&["org", "team", "user", "org_member", "team_member", "server_admin"]));
const OP: Label = label("op", Words(&["add", "change", "remove"]));
const LOOK_OUTCOME: Label =
    label("outcome", Words(&["applied", "unchanged", "nobody", "several", "incomplete", "held", "not_yet", "failed"]));
const FOLLOW_OUTCOME: Label = label("outcome", Words(&["nothing", "looked", "everybody", "waiting", "not", "failed"]));
const READ_OBJECT: Label = label("object", Words(&["people", "groups"]));
const WITHIN: Label = label("within", Words(&["now", "1d", "7d"]));
const REQUEST_OP: Label = label("op", Words(&["connect", "bind", "search"]));
const REQUEST_CODE: Label =
    label("code", Described("`success`, or a word for what went wrong, such as `timeout`, `tls` or `refused`"));
const WHERE: Label = label(
    "where",
    Described(
        "`ldap HOST:PORT` for the first to end of what that server showed, `ca FILE` for the first to end of a file of authorities, `http` for the API's",
    ),
);
const HOOK_OUTCOME: Label = label("outcome", Words(&["accepted", "duplicate", "done", "failed", "refused", "limited"]));
const CLASS: Label = label("class", Words(&["async", "inline"]));
const LOGIN_OUTCOME: Label = label("outcome", Words(&["opened", "denied", "refused", "failed"]));
const RENEWAL_OUTCOME: Label = label("outcome", Words(&["renewed", "over", "failed"]));
const SIGNAL_OUTCOME: Label = label(
    "outcome",
    Words(&["carried", "late", "nobody", "noted", "unknown", "repeated", "refused", "limited", "failed"]),
);
const ROUTE: Label = label(
    "route",
    Described(
        "the route as the API's document writes it, such as `/api/v1/runs/{id}`; never the path that was asked for",
    ),
);
const STATUS: Label = label("status", Words(&["2xx", "3xx", "4xx", "5xx"]));
const REFUSAL: Label = label("reason", Words(&["token", "scope", "time", "size", "rate"]));
const ACCESS: Label = label("access", Words(&["read", "write"]));
const DATABASE_ERROR: Label =
    label("error", Words(&["unreachable", "moved", "fenced", "superseded", "locked", "schema", "refused", "database"]));
const CONNECTIONS: Label = label("state", Words(&["idle", "used"]));
const PROVISIONING_OUTCOME: Label = label("outcome", Words(&["unchanged", "applied", "held", "failed"]));
const RELOAD_OUTCOME: Label = label("outcome", Words(&["applied", "refused"]));
const LEVEL: Label = label("level", Words(&["error", "warn", "info", "debug", "trace"]));

/// In the order of the documentation.
pub const METRICS: &[Metric] = &[
    later(names::BUILD_INFO, Gauge, &[label("version", Described("the program's version"))], "Always 1."),
    // Runs.
    zero(names::SYNC_RUNS, Counter, &[PROVIDER, TRIGGER, RUN_OUTCOME], "Runs over everybody of a provider."),
    zero(names::SYNC_DURATION, Histogram(LONG), &[PROVIDER, STAGE], "How long the stages of such runs took."),
    later(names::SYNC_LAST_RUN, Gauge, &[PROVIDER], "When the last run of this process ended, however it ended."),
    later(
        names::SYNC_LAST_SUCCESS,
        Gauge,
        &[PROVIDER],
        "When a run of this process last left the database saying what the provider says: applied, or nothing to do, after a complete reading.",
    ),
    later(names::SYNC_NEXT_RUN, Gauge, &[PROVIDER], "When the next run is due. In the past, it is late."),
    zero(names::CHANGES, Counter, &[PROVIDER, OBJECT, OP], "Changes that were applied."),
    zero(
        names::DRIFT,
        Gauge,
        &[PROVIDER],
        "Changes that the last plan came to and that are not applied: it was held, or it failed. Only by those is the database known to differ.",
    ),
    zero(names::HELD, Gauge, &[PROVIDER], "Changes of the plan that waits for an approval; 0 when none does."),
    zero(
        names::WITHHELD,
        Gauge,
        &[PROVIDER],
        "Changes that the last plan left out because they would take the last administrator.",
    ),
    zero(names::TASK_PANICS, Counter, &[], "Tasks that ended by a fault of the program. Please report them."),
    zero(
        names::PROVISIONING_RUNS,
        Counter,
        &[PROVISIONING_OUTCOME],
        "Plans for provisioning files that were to be carried out.",
    ),
    later(
        names::PROVISIONING_OK,
        Gauge,
        &[],
        "1 when the provisioning files could be read and used at the last look; 0 when they were refused, and what they declared before stays.",
    ),
    // Looking at one person.
    zero(names::LOOKS, Counter, &[PROVIDER, LOOK_OUTCOME], "Looks at one person, mostly because of a login."),
    zero(names::LOOK_DURATION, Histogram(QUICK), &[PROVIDER], "How long a look at one person took, waiting included."),
    zero(names::LOOKS_WAITING, Gauge, &[PROVIDER], "People who wait to be looked at."),
    zero(
        names::PROPAGATION,
        Histogram(LONG),
        &[PROVIDER],
        "From the moment rosterd could know of a change (the delivery of a hook, else the beginning of the run's reading) until it stood in the tables.",
    ),
    // Following changes.
    zero(
        names::FOLLOWS,
        Counter,
        &[PROVIDER, FOLLOW_OUTCOME],
        "Times that a provider was asked what has changed. After `everybody` everything is read.",
    ),
    zero(names::FOLLOW_DURATION, Histogram(QUICK), &[PROVIDER], "How long that took, with what came of it."),
    zero(
        names::FOLLOW_MISSED,
        Counter,
        &[PROVIDER],
        "Changes that a reading of everything made although changes are followed: what was missed, or had not been told yet.",
    ),
    // Providers.
    later(names::PROVIDER_UP, Gauge, &[PROVIDER], "1 when the last reading came to its end, else 0."),
    later(
        names::PROVIDER_COMPLETE,
        Gauge,
        &[PROVIDER],
        "1 when the last reading was complete. After an incomplete one nothing is taken away.",
    ),
    later(names::PROVIDER_OBJECTS, Gauge, &[PROVIDER, READ_OBJECT], "What the last reading held."),
    later(
        names::LEASES_ENDING,
        Gauge,
        &[PROVIDER, WITHIN],
        "People who cannot be listed and whose lease ends within that time if they do not log in and no `recheck` holds it; `now`: it has ended, and they still have what they had because nothing was done about it yet, or it is held.",
    ),
    later(names::PROVIDER_REQUESTS, Counter, &[REQUEST_OP, REQUEST_CODE], "Requests to LDAP servers, by their result."),
    zero(names::PROVIDER_REQUEST_DURATION, Histogram(QUICK), &[REQUEST_OP], "How long LDAP servers took to answer."),
    zero(
        names::BREAKER,
        Gauge,
        &[PROVIDER],
        "0: the provider is asked as usual. 1: it is tried once. 2: it is left alone for a while, after failures.",
    ),
    later(names::CERTIFICATE_EXPIRY, Gauge, &[WHERE], "When a certificate that rosterd uses or was shown ends."),
    // Hooks.
    zero(names::HOOK_DELIVERIES, Counter, &[HOOK, HOOK_OUTCOME], "Deliveries of login hooks."),
    zero(names::HOOK_DURATION, Histogram(QUICK), &[HOOK, CLASS], "From a delivery's last byte to the answer."),
    zero(names::HOOK_PENDING, Gauge, &[], "Deliveries that are stored and not worked off."),
    // Logins in a browser.
    zero(names::LOGINS, Counter, &[PROVIDER, LOGIN_OUTCOME], "Logins in a browser that have come back."),
    zero(names::RENEWALS, Counter, &[PROVIDER, RENEWAL_OUTCOME], "Logins that were renewed behind."),
    later(
        names::SAML_METADATA_READ,
        Gauge,
        &[PROVIDER],
        "When an identity provider's metadata was last read and believed; 0 when it never was since the start.",
    ),
    later(
        names::SAML_METADATA_VALID_UNTIL,
        Gauge,
        &[PROVIDER],
        "Until when it is good, where it says so (`validUntil`). After that nobody logs in.",
    ),
    later(
        names::SAML_CERTIFICATE_EXPIRY,
        Gauge,
        &[PROVIDER],
        "The first end among the certificates that it signs with. They count as long as the metadata has them, also after that.",
    ),
    // Signals.
    zero(names::SIGNALS, Counter, &[SIGNAL, SIGNAL_OUTCOME], "Security events, pushed or polled for."),
    // The API.
    later(names::HTTP_REQUESTS, Counter, &[ROUTE, STATUS], "Requests that were answered."),
    later(names::HTTP_DURATION, Histogram(QUICK), &[ROUTE], "How long answering took."),
    zero(names::HTTP_CONNECTIONS, Gauge, &[], "Connections that are open, the operations listener's left out."),
    zero(names::HTTP_REFUSED, Counter, &[REFUSAL], "Requests that were turned away, and why."),
    // The database.
    later(names::DATABASE_UP, Gauge, &[], "1 when the database answered the last time it was asked, else 0."),
    zero(
        names::DATABASE_ERRORS,
        Counter,
        &[ACCESS, DATABASE_ERROR],
        "What the database could not do. Every change is written together with its audit record, so a failed write is also a record that could not be written. `moved`, `fenced` and `superseded` are no faults: somebody else wrote, leads or has read in between.",
    ),
    later(names::DATABASE_CONNECTIONS, Gauge, &[CONNECTIONS], "Connections of this process to PostgreSQL."),
    zero(
        names::DATABASE_WRITE_DURATION,
        Histogram(QUICK),
        &[],
        "How long applying took: waiting for the one writer's turn, the changes, the audit records, the commit.",
    ),
    // Several replicas.
    later(names::LEADER, Gauge, &[PROVIDER], "1 when this process reads the provider in full, 0 when another does."),
    zero(names::TAKE_OVERS, Counter, &[PROVIDER], "How often this process took a provider over from another."),
    // The daemon itself.
    later(names::HEARTBEAT, Gauge, &[], "When the worker's loop last went round."),
    zero(names::RELOADS, Counter, &[RELOAD_OUTCOME], "Reloads of the configuration."),
    later(
        names::RELOAD_SUCCESSFUL,
        Gauge,
        &[],
        "1 when the configuration in force is the one in the files, as far as the last reload says; 0 when they were refused.",
    ),
    later(names::RELOAD_SUCCESS_TIME, Gauge, &[], "When the configuration in force was loaded."),
    zero(names::LOG_LINES, Counter, &[LEVEL], "Lines of the log, those that were dropped or suppressed left out."),
    zero(names::LOG_DROPPED, Counter, &[], "Lines lost because whatever takes the log did not keep up."),
    zero(names::LOG_SUPPRESSED, Counter, &[], "Lines left out because the same event had just been told many times."),
    zero(names::SPANS_DROPPED, Counter, &[], "Spans lost because the collector did not keep up."),
    // The process.
    later(names::PROCESS_CPU, Counter, &[], "Processor time spent, by the program and by the system for it."),
    later(names::PROCESS_MEMORY, Gauge, &[], "Memory in use."),
    later(names::PROCESS_FDS, Gauge, &[], "Open file descriptors."),
    later(names::PROCESS_MAX_FDS, Gauge, &[], "How many file descriptors may be open."),
    later(names::PROCESS_START, Gauge, &[], "When the process began."),
];
