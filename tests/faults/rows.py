# SPDX-License-Identifier: MIT
"""The 57 rows of bad inputs and failures, each with the tests that show what happens, or the reason why there is none.

A test is "file::name", the file below tests/; for a fuzzer or a suite that is one program, the file alone. What is not
shown is said in words behind it. test_rows.py checks that every file and name is there and is run, and prints the sums.
"""

U, E, W, C, F, P = "unit/", "end2end/", "wizard/", "cli/test_commands.py::", "faults/", "fuzz/"
JOURNAL, DISK = U + "engine/engine_journal_test.c::", F + "test_journal_disk.py::"
FILE, INPUTS, NETWORK = F + "test_journal_file.py::", F + "test_rows_inputs.py::", F + "test_rows_network.py::"
HTTP, CALL, SECRETS = U + "net/net_http_test.c::", U + "aws/aws_call_test.c::", U + "setup/setup_secrets_test.c::"
LEAKS, PLACES, SLEEP = F + "test_leaks.py::", F + "test_leaks_places.py::", F + "test_sleep.py::"

# number: (what happens, tests, what is not shown and why)
ROWS = {
    1: ("names from AWS with ESC, OSC 52, C1, BEL", [
        INPUTS + "test_a_hostile_name_is_shown_as_text", U + "base/base_text_test.c::remote_text_is_harmless",
        U + "aws/aws_errors_test.c::remote_text_is_made_safe", U + "tui/tui_grid_test.c::test_hostile"], ""),
    2: ("names with line ends, tabs, bidi marks, zero width", [
        INPUTS + "test_a_hostile_name_is_shown_as_text", U + "tui/tui_grid_test.c::test_hostile",
        U + "tui/tui_prompts_test.c::test_hostile"], ""),
    3: ("1 MB name; thousands of VPCs; a repeated nextToken", [
        U + "aws/aws_call_test.c::pages_end", U + "screens/screens_network_test.c::test_thousands_of_rows",
        U + "tui/tui_grid_test.c::test_cut", U + "base/base_text_test.c::str_keeps_its_maximum"],
        "a name of 1 MB from AWS itself: a tag holds 256 characters, the cap of an answer is row 38"),
    4: ("invalid UTF-8, surrogates, combining marks, wide characters", [
        U + "tui/tui_width_test.c::test_broken", U + "tui/tui_grid_test.c::test_halves",
        U + "tui/tui_decoder_test.c::broken_utf8_is_a_replacement_and_eats_nothing",
        U + "tui/tui_property_test.c::test_random", P + "json_fuzz.c"], ""),
    5: ("secret with a line end or spaces", [
        SECRETS + "file_bytes_are_kept", U + "screens/screens_secret_check_test.c::test_core_of_a_paste",
        U + "screens/screens_forest_test.c::test_a_paste_is_judged_and_never_submits"], ""),
    6: ("secret with quotes, $, backslash, %, &, non-ASCII", [
        INPUTS + "test_a_secret_with_odd_characters_is_stored_as_it_is",
        U + "base/base_secret_test.c::scrubbed_in_every_form"], ""),
    7: ("secret with NUL", [
        SECRETS + "bad_files_are_refused", SECRETS + "bad_stdin_is_not_repeated",
        U + "base/base_secret_test.c::limits", U + "codec/codec_json_test.c::refuses_what_is_not_json"], ""),
    8: ("secret too short, too long, endless", [
        U + "base/base_secret_test.c::limits", SECRETS + "bad_files_are_refused",
        U + "screens/screens_secret_check_test.c::test_env_secret_is_never_repeated",
        U + "setup/setup_rules_test.c::secrets_are_not_repeated", INPUTS + "test_a_secret_without_end"], ""),
    9: ("bracketed paste, several lines, ESC inside", [
        U + "tui/tui_decoder_test.c::a_paste_is_one_key_with_its_bytes_untouched",
        U + "tui/tui_edit_test.c::test_paste",
        U + "tui/tui_decoder_test.c::an_unmarked_paste_is_recognised_when_asked_for", P + "decoder_fuzz.c"], ""),
    10: ("secret in argv", [
        C + "test_secrets_on_the_command_line_are_not_repeated", C + "test_secret_option_says_where_secrets_go"], ""),
    11: ("secret file open to others, a link, a FIFO, a directory, /dev/zero", [
        SECRETS + "bad_files_are_refused", INPUTS + "test_a_secret_through_a_pipe_file"],
        "a symbolic link is followed on purpose: secret mounts of containers are links"),
    12: ("PostgreSQL URL with odd passwords", [
        U + "setup/setup_postgres_url_test.c::good_urls_are_read",
        U + "setup/setup_postgres_url_test.c::bad_urls_are_refused", P + "postgres_url_fuzz.c"], ""),
    13: ("IPv6, several hosts, sockets, no host", [
        U + "setup/setup_postgres_url_test.c::good_urls_are_read",
        U + "setup/setup_postgres_url_test.c::bad_urls_are_refused"], ""),
    14: ("sslmode and ports", [
        U + "setup/setup_postgres_url_test.c::good_urls_are_read",
        U + "setup/setup_postgres_url_test.c::bad_urls_are_refused"], ""),
    15: ("AWS config with BOM, CRLF, duplicates", [
        U + "credentials/credentials_profile_test.c::windows_files_are_read",
        U + "credentials/credentials_profile_test.c::duplicates_are_merged",
        U + "credentials/credentials_profile_test.c::bad_lines_are_named", P + "profile_fuzz.c"], ""),
    16: ("source_profile in a circle", [
        U + "credentials/credentials_chain_test.c::wrong_chains_are_named",
        U + "credentials/credentials_chain_test.c::self_reference_needs_keys"], ""),
    17: ("AWS config that is endless, a directory, not readable", [
        U + "credentials/credentials_profile_test.c::files_are_bounded", U + "base/base_fs_test.c::reads_are_bounded",
        C + "test_files_that_cannot_be_read", C + "test_config_file_without_permission"], ""),
    18: ("credential_process that misbehaves", [
        U + "credentials/credentials_providers_test.c::a_program_that_fails_is_named_with_what_it_said",
        U + "credentials/credentials_providers_test.c::a_program_that_hangs_is_ended",
        U + "credentials/credentials_providers_test.c::command_lines_are_split_without_a_shell"], ""),
    19: ("endpoint_url with plain http", [
        U + "aws/aws_endpoint_test.c::dangerous_endpoints_are_refused", HTTP + "plain_http_only_to_this_machine"], ""),
    20: ("JSON that is deep or large", [
        U + "codec/codec_json_test.c::depth_is_bounded", U + "setup/setup_config_test.c::hostile_files_are_bounded",
        P + "json_fuzz.c", P + "config_fuzz.c"], ""),
    21: ("duplicate and unknown keys, wrong types, numbers out of range", [
        U + "setup/setup_bad_configs_test.c::bad_files_are_refused", C + "test_config_errors_have_path_and_line"], ""),
    22: ("a secret in the answer file", [C + "test_config_with_a_secret_is_refused_without_repeating_it"], ""),
    23: ("journal cut at every byte", [
        JOURNAL + "cut_anywhere", FILE + "test_cut_at_a_sample_of_bytes", FILE + "test_cut_at_every_line_and_within"],
        ""),
    24: ("journal with a bit flipped at each offset", [
        JOURNAL + "flipped_anywhere", FILE + "test_flipped_at_a_sample_of_bytes", P + "journal_fuzz.c"], ""),
    25: ("journal of another version, account, region", [
        JOURNAL + "of_another_version", JOURNAL + "of_somebody_else", FILE + "test_of_another_version",
        FILE + "test_of_another_account", FILE + "test_of_another_region_or_stack"],
        "migration with a backup: the first format is the only one there has been, so there is nothing to migrate"),
    26: ("journal replaced by a link, foreign, open, doubled", [
        JOURNAL + "unsafe_files", FILE + "test_not_a_file_of_ours", FILE + "test_the_folder_is_a_link_or_open",
        FILE + "test_the_lock_is_not_a_file"], ""),
    27: ("lock held, left behind, not supported", [
        JOURNAL + "one_at_a_time", U + "base/base_fs_test.c::lock_is_exclusive_and_dies_with_its_holder",
        E + "test_lock.py::test_the_second_of_two_applies_is_locked_out",
        E + "test_lock.py::test_a_killed_holder_holds_the_lock_no_more", DISK + "test_a_disk_without_locks"], ""),
    28: ("two starts in the same moment", [
        JOURNAL + "simultaneous_starts", E + "test_lock.py::test_two_applies_at_the_same_moment"], ""),
    29: ("disk full, read-only, EIO, EMFILE, size limits", [
        U + "engine/engine_disk_test.c::at_every_record", U + "engine/engine_disk_test.c::not_before_the_call",
        DISK + "test_the_disk_fails_at_a_record", DISK + "test_the_disk_is_full", DISK + "test_the_disk_is_read_only",
        DISK + "test_no_journal_no_call", DISK + "test_a_limit_of_the_process",
        DISK + "test_a_rename_fails_in_the_middle", DISK + "test_a_rename_fails_at_the_end",
        DISK + "test_each_create_goes_out_after_its_intent_is_on_the_disk"], ""),
    30: ("DNS that fails", [NETWORK + "test_a_name_that_does_not_exist", HTTP + "nothing_sent_is_known"],
        "a network where only IPv6 is broken: libcurl races the two families (happy eyeballs), not code of ours"),
    31: ("TLS that does not fit", [
        NETWORK + "test_tls_that_does_not_fit", NETWORK + "test_tls_of_an_unknown_issuer"], ""),
    32: ("proxies", [
        NETWORK + "test_a_proxy_that_wants_a_password", NETWORK + "test_a_proxy_that_is_dead",
        NETWORK + "test_no_proxy_and_this_machine"], ""),
    33: ("throttling", [
        U + "aws/aws_retry_test.c::classes_follow_code_and_status",
        U + "aws/aws_retry_test.c::delay_doubles_to_a_limit",
        CALL + "throttled_writes_are_repeated", CALL + "cancel_ends_the_backoff",
        E + "test_scenarios.py::test_scenario"], ""),
    34: ("500 and 503 on a create", [
        CALL + "writing_is_never_repeated_blindly", U + "engine/engine_run_test.c::lost_answers"], ""),
    35: ("connection lost after the request", [
        HTTP + "never_sent_twice_after_fin", HTTP + "never_sent_twice_after_rst",
        U + "engine/engine_run_test.c::lost_three_times"], ""),
    36: ("answers that are cut or empty", [
        HTTP + "broken_answers_are_failures", CALL + "empty_json_is_no_answer",
        U + "aws/aws_errors_test.c::nonsense_gives_nothing", P + "aws_error_fuzz.c", P + "xml_fuzz.c"], ""),
    37: ("slow or silent servers", [HTTP + "stalls_are_given_up", HTTP + "cancel_ends_the_wait"], ""),
    38: ("endless answers and headers", [
        HTTP + "answer_is_capped", HTTP + "too_many_headers_are_refused", P + "registry_fuzz.c"], ""),
    39: ("a gzip bomb", [HTTP + "request_is_sent_as_given", HTTP + "answer_is_capped"],
        "decoding: nothing is decoded, for no encoding is asked for; a compressed answer is not JSON and not XML"),
    40: ("XML entities", [U + "codec/codec_xml_test.c::refuses_tricks", P + "xml_fuzz.c"], ""),
    41: ("captive portals and redirects", [
        HTTP + "redirects_are_not_followed", U + "aws/aws_errors_test.c::foreign_answers_are_not_taken_for_aws",
        E + "test_scenarios.py::test_scenario"], ""),
    42: ("a clock that is wrong", [
        CALL + "clock_skew_is_corrected", CALL + "skew_is_corrected_once",
        U + "aws/aws_retry_test.c::clocks_that_agree_leave_the_credentials", E + "test_scenarios.py::test_scenario"],
        ""),
    43: ("credentials that expire or change account", [
        U + "credentials/credentials_chain_test.c::expired_token_is_renewed_once", FILE + "test_of_another_account",
        E + "test_scenarios.py::test_scenario"], ""),
    44: ("AccessDenied and quotas", [
        E + "test_operator.py::test_the_program_misses_it",
        U + "aws/aws_errors_test.c::denial_names_action_and_resource",
        U + "aws/aws_errors_test.c::quota_has_its_own_remedy", U + "aws/aws_retry_test.c::quota_is_not_throttling",
        E + "test_scenarios.py::test_scenario"], ""),
    45: ("changed by hand; a foreign thing of our name", [
        E + "test_changes.py::test_deleted_by_hand", E + "test_mistakes.py::test_destroy_leaves_somebody_elses_thing",
        E + "test_mistakes.py::test_somebody_elses_thing_of_our_name_is_left_alone",
        U + "engine/engine_run_test.c::foreign_blocks"], ""),
    46: ("not visible yet", [
        U + "engine/engine_step_test.c::retries_what_passes",
        U + "steps/steps_common_test.c::what_is_not_visible_yet_is_not_a_failure",
        E + "test_scenarios.py::test_scenario"], ""),
    47: ("teardown that is blocked, repeated, interrupted", [
        U + "engine/engine_undo_test.c::goes_on_after_a_failure", U + "engine/engine_undo_test.c::lost_answer",
        E + "test_destroy.py::test_destroyed_twice", E + "test_destroy.py::test_looks_for_leftovers_by_tag",
        F + "test_crash.py::test_destroy_killed_and_run_again_leaves_nothing"], ""),
    48: ("Ctrl-C once and twice", [
        F + "test_crash.py::test_ctrl_c_finishes_the_call_and_can_be_resumed",
        INPUTS + "test_ctrl_c_twice_leaves_at_once", U + "engine/engine_run_test.c::user_stops"], ""),
    49: ("SIGTERM, SIGHUP, the terminal gone, stdin ended", [
        INPUTS + "test_a_polite_signal_is_ctrl_c", W + "test_terminal.py::test_it_ends_when_the_terminal_is_gone",
        W + "test_terminal.py::test_it_ends_when_the_terminal_is_gone_and_the_signal_is_ignored",
        W + "test_terminal.py::test_it_writes_nothing_when_nothing_happens"], ""),
    50: ("resize storms, stop and continue, SIGPIPE", [
        W + "test_terminal.py::test_a_resize_lays_out_anew", C + "test_output_to_a_closed_pipe",
        W + "test_terminal.py::test_stopped_and_continued_by_a_shell", U + "tui/tui_property_test.c::test_random"], ""),
    51: ("kill -9", [
        F + "test_crash.py::test_apply_and_destroy_killed_after_every_line",
        F + "test_syscalls.py::test_killed_at_a_sample_of_every_system_call",
        U + "engine/engine_crash_test.c::calls_without_tokens",
        U + "engine/engine_crash_test.c::every_record",
        U + "engine/engine_crash_test.c::power_fails_at_every_call"], ""),
    52: ("suspended", [
        SLEEP + "test_asleep_in_the_middle_of_a_wait", SLEEP + "test_asleep_until_the_login_expires",
        HTTP + "never_sent_twice_after_fin", HTTP + "never_sent_twice_after_rst", CALL + "clock_skew_is_corrected"],
        "a suspended machine itself: a stopped process has the same dead connections, expired credentials and passed "
        "deadlines; that the boot clock goes on is the kernel's"),
    53: ("children that misbehave", [
        U + "image/image_process_test.c::stopping_ends_the_whole_group",
        U + "image/image_process_test.c::the_environment_is_clean", U + "image/image_process_test.c::time_is_limited",
        U + "image/image_process_test.c::lines_and_failures_are_told", E + "test_secrets.py::test_in_no_child"],
        "RLIMIT_NPROC for children: npm needs as many as it needs, and the limit counts all of the user's processes"),
    54: ("odd terminals and locales", [
        W + "test_matrix.py::test_it_starts_and_leaves", W + "test_matrix.py::test_plain_when_it_is_wished",
        C + "test_glyphs_follow_the_locale", C + "test_colours_only_on_a_terminal_that_wants_them"], ""),
    55: ("odd environments", [
        C + "test_home_is_not_set", U + "base/base_fs_test.c::xdg_directories",
        U + "base/base_secret_test.c::process_is_protected", INPUTS + "test_a_preloaded_library_is_told",
        U + "image/image_process_test.c::programs_are_not_taken_from_where_one_stands"],
        "CURL_CA_BUNDLE: the curl tool reads it, the library does not"),
    56: ("a crash with secrets loaded", [
        LEAKS + "test_a_crash_leaves_no_core", PLACES + "test_nothing_is_in_memory_after_the_wipe",
        C + "test_no_core_dump_of_secrets",
        U + "base/base_secret_test.c::process_is_protected"], ""),
    57: ("logs, recordings, scrollback", [
        E + "test_secrets.py::test_in_no_output", U + "base/base_secret_test.c::log_lines_are_clean",
        LEAKS + "test_a_failure_shows_none", PLACES + "test_exports_have_none",
        F + "test_leaks_wizard.py::test_the_wizard_shows_none",
        U + "screens/screens_forest_test.c::test_no_secret_in_any_cell"], ""),
}  # fmt: skip
