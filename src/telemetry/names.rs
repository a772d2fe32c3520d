//! What the metrics are called: the names that code records under. What each of them is, with its
//! labels and units, is in [`super::table`], and `docs/metrics.md` is made from that.
//!
//! No label may hold a person's or a group's name, an address of a person, or anything that a
//! sender chose: labels are names of the configuration and words of this program.

/// `1`, with the version as its label.
pub const BUILD_INFO: &str = "rosterd_build_info";

// Runs.
pub const SYNC_RUNS: &str = "rosterd_sync_runs_total";
pub const SYNC_DURATION: &str = "rosterd_sync_duration_seconds";
pub const SYNC_LAST_RUN: &str = "rosterd_sync_last_run_timestamp_seconds";
pub const SYNC_LAST_SUCCESS: &str = "rosterd_sync_last_success_timestamp_seconds";
pub const SYNC_NEXT_RUN: &str = "rosterd_sync_next_run_timestamp_seconds";
pub const CHANGES: &str = "rosterd_changes_total";
pub const DRIFT: &str = "rosterd_drift_objects";
pub const HELD: &str = "rosterd_held_changes";
pub const WITHHELD: &str = "rosterd_withheld_changes";
pub const TASK_PANICS: &str = "rosterd_task_panics_total";

pub const PROVISIONING_RUNS: &str = "rosterd_provisioning_runs_total";
pub const PROVISIONING_OK: &str = "rosterd_provisioning_files_ok";

// Looking at one person.
pub const LOOKS: &str = "rosterd_looks_total";
pub const LOOK_DURATION: &str = "rosterd_look_duration_seconds";
pub const FOLLOWS: &str = "rosterd_follows_total";
pub const FOLLOW_DURATION: &str = "rosterd_follow_duration_seconds";
pub const FOLLOW_MISSED: &str = "rosterd_follow_missed_changes_total";
pub const LOOKS_WAITING: &str = "rosterd_looks_waiting";
pub const PROPAGATION: &str = "rosterd_propagation_seconds";

// Providers.
pub const PROVIDER_UP: &str = "rosterd_provider_up";
pub const PROVIDER_COMPLETE: &str = "rosterd_provider_complete";
pub const PROVIDER_OBJECTS: &str = "rosterd_provider_objects";
pub const LEASES_ENDING: &str = "rosterd_leases_ending_people";
pub const PROVIDER_REQUESTS: &str = "rosterd_provider_requests_total";
pub const PROVIDER_REQUEST_DURATION: &str = "rosterd_provider_request_duration_seconds";
/// See [`super::table`] for what its numbers mean.
pub const BREAKER: &str = "rosterd_provider_breaker_state";
pub const CERTIFICATE_EXPIRY: &str = "rosterd_certificate_expiry_timestamp_seconds";

// Hooks.
pub const HOOK_DELIVERIES: &str = "rosterd_hook_deliveries_total";
pub const HOOK_DURATION: &str = "rosterd_hook_duration_seconds";
pub const HOOK_PENDING: &str = "rosterd_hook_deliveries_pending";

// Logins in a browser.
pub const LOGINS: &str = "rosterd_logins_total";
pub const RENEWALS: &str = "rosterd_renewals_total";
pub const SAML_METADATA_READ: &str = "rosterd_saml_metadata_read_timestamp_seconds";
pub const SAML_METADATA_VALID_UNTIL: &str = "rosterd_saml_metadata_valid_until_timestamp_seconds";
pub const SAML_CERTIFICATE_EXPIRY: &str = "rosterd_saml_certificate_expiry_timestamp_seconds";

// Signals.
pub const SIGNALS: &str = "rosterd_signals_total";

// The API and the operations listener.
pub const HTTP_REQUESTS: &str = "rosterd_http_requests_total";
pub const HTTP_DURATION: &str = "rosterd_http_request_duration_seconds";
pub const HTTP_CONNECTIONS: &str = "rosterd_http_connections";
pub const HTTP_REFUSED: &str = "rosterd_http_refused_total";

// The database.
pub const DATABASE_UP: &str = "rosterd_database_up";
pub const DATABASE_ERRORS: &str = "rosterd_database_errors_total";
pub const DATABASE_CONNECTIONS: &str = "rosterd_database_connections";
pub const DATABASE_WRITE_DURATION: &str = "rosterd_database_write_duration_seconds";

// Several replicas.
pub const LEADER: &str = "rosterd_leader";
pub const TAKE_OVERS: &str = "rosterd_lease_take_overs_total";

// The daemon itself.
pub const HEARTBEAT: &str = "rosterd_heartbeat_timestamp_seconds";
pub const RELOADS: &str = "rosterd_config_reloads_total";
pub const RELOAD_SUCCESSFUL: &str = "rosterd_config_last_reload_successful";
pub const RELOAD_SUCCESS_TIME: &str = "rosterd_config_last_reload_success_timestamp_seconds";
pub const LOG_LINES: &str = "rosterd_log_lines_total";
pub const LOG_DROPPED: &str = "rosterd_log_dropped_total";
pub const LOG_SUPPRESSED: &str = "rosterd_log_suppressed_total";
pub const SPANS_DROPPED: &str = "rosterd_trace_spans_dropped_total";

// The process, under the names that every Prometheus client uses.
pub const PROCESS_CPU: &str = "process_cpu_seconds_total";
pub const PROCESS_MEMORY: &str = "process_resident_memory_bytes";
pub const PROCESS_FDS: &str = "process_open_fds";
pub const PROCESS_MAX_FDS: &str = "process_max_fds";
pub const PROCESS_START: &str = "process_start_time_seconds";
