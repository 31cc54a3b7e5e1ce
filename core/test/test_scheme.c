/* Templates, presets, and schemes whose parts do not fit. */
#include "../src/template.h"

#include "support.h"

static csn_error compile(const char *text, csn_template *tpl) {
  return csn_template_compile(tpl, text);
}

static void templates_compile_to_pieces(void **state) {
  csn_template tpl;
  (void)state;
  assert_int_equal(compile("{client_id}:{method}\n{target}", &tpl), CSN_OK);
  assert_int_equal(tpl.count, 5);
  assert_int_equal(tpl.pieces[0].field, CSN_FIELD_CLIENT_ID);
  assert_int_equal(tpl.pieces[1].field, CSN_FIELD_NONE);
  assert_span(tpl.pieces[1].literal, ":");
  assert_int_equal(tpl.pieces[4].field, CSN_FIELD_TARGET);
  assert_int_equal(compile("a{{b}}c{nonce}", &tpl), CSN_OK);
  uint8_t out[16];
  size_t len = 0;
  csn_credential credential = {0};
  credential.fields[CSN_FIELD_NONCE] = csn_span_str("N");
  assert_true(csn_template_write(&tpl, &credential, out, sizeof out, &len));
  assert_span(csn_span_of(out, len), "a{b}cN");
}

static void malformed_templates_are_refused(void **state) {
  const char *const refused[] = {"",           "{",
                                 "}",          "{client_id",
                                 "client_id}", "{unknown}",
                                 "{}",         "{Client_Id}",
                                 "{nonce }",   "{signature}",
                                 "{token}",    "{none}",
                                 "x}{nonce}",  "{signed_headers}|{nonce}|{signed_headers}"};
  char too_long[CSN_TEMPLATE_TEXT_MAX + 2], too_many[CSN_TEMPLATE_TEXT_MAX + 1] = "";
  csn_template tpl;
  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    assert_int_equal(compile(refused[i], &tpl), CSN_ERROR_TEMPLATE_INVALID);
  }
  assert_int_equal(compile("{{{nonce}", &tpl), CSN_OK);
  assert_int_equal(compile("{signed_headers}|{nonce}|{nonce}", &tpl), CSN_OK);
  memset(too_long, 'a', sizeof too_long);
  too_long[CSN_TEMPLATE_TEXT_MAX + 1] = 0;
  assert_int_equal(compile(too_long, &tpl), CSN_ERROR_TEMPLATE_INVALID);
  too_long[CSN_TEMPLATE_TEXT_MAX] = 0;
  assert_int_equal(compile(too_long, &tpl), CSN_OK);
  for (size_t i = 0; i <= CSN_TEMPLATE_PIECES_MAX; i++) strcat(too_many, "{nonce}");
  assert_int_equal(compile(too_many, &tpl), CSN_ERROR_TEMPLATE_INVALID);
  too_many[strlen(too_many) - strlen("{nonce}")] = 0;
  assert_int_equal(compile(too_many, &tpl), CSN_OK);
}

static void ambiguity_is_seen(void **state) {
  const char *const ambiguous[] = {
      "{client_id}{timestamp}{nonce}",
      "{path}{query}",
      "{path}?{query}",
      "{path}\n{query}",
      "{method}{target}",
      "{client_id}-{nonce}",
      "{body}{timestamp}",
      "{body}|{target}|{timestamp}|{body}",
      "{client_id}{method}{path}{query}{body_sha256}{timestamp}{nonce}",
  };
  const char *const clear[] = {
      "{client_id}\n{timestamp}\n{nonce}",
      "{body}|{timestamp}|{nonce}",
      "{timestamp}",
      "{timestamp}.{body}",
      "{body_sha256}{timestamp}",
      "{timestamp}{body_sha256}",
      "{client_id}|{body}|{timestamp}",
      "v0:{timestamp}:{body}",

      "{client_id}|{nonce}",
      "{nonce}={timestamp}",
  };
  csn_template tpl;
  (void)state;
  for (size_t i = 0; i < sizeof ambiguous / sizeof ambiguous[0]; i++) {
    assert_int_equal(compile(ambiguous[i], &tpl), CSN_OK);
    assert_true(tpl.ambiguous);
  }
  for (size_t i = 0; i < sizeof clear / sizeof clear[0]; i++) {
    assert_int_equal(compile(clear[i], &tpl), CSN_OK);
    assert_false(tpl.ambiguous);
  }
}

/* A separator must be a byte that the field beside it cannot hold: each field's set, at its edges. */
static void separators_are_judged_by_what_a_field_can_hold(void **state) {
  typedef struct set_case {
    const char *field, *held, *not_held;
  } set_case;
  const set_case sets[] = {
      {"client_id", "!~-:", "|&,\n"},  {"timestamp", "0159", "/:a-"}, {"nonce", "azAZ09-._~+/=", "|:&, "},
      {"method", "GETget-!", " /:\n"}, {"target", "/?&=%|", " \n\t"}, {"path", "/&=%|", "?\n "},
      {"body", "|\n a", ""},
  };
  (void)state;
  for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
    for (int held = 0; held < 2; held++) {
      for (const char *byte = held ? sets[i].held : sets[i].not_held; *byte != 0; byte++) {
        char text[64];
        csn_template tpl;
        /* Two bodies are free on both sides, so the field must end, and begin, where it must. */
        (void)snprintf(text, sizeof text, "{%s}%cx%c{body}", sets[i].field, *byte, *byte);
        assert_int_equal(compile(text, &tpl), CSN_OK);
        assert_int_equal(tpl.ambiguous, held);
        (void)snprintf(text, sizeof text, "{body}%cx%c{%s}", *byte, *byte, sets[i].field);
        assert_int_equal(compile(text, &tpl), CSN_OK);
        assert_int_equal(tpl.ambiguous, held);
      }
    }
  }
  /* It is the literal's first byte that ends the field before it, and its last that begins the one behind. */
  csn_template tpl;
  assert_int_equal(compile("{timestamp}0|{body}", &tpl), CSN_OK);
  assert_true(tpl.ambiguous);
  assert_int_equal(compile("{body}|0{timestamp}", &tpl), CSN_OK);
  assert_true(tpl.ambiguous);
  assert_int_equal(compile("{body}0|{timestamp}", &tpl), CSN_OK);
  assert_false(tpl.ambiguous);
}

/* A nonce that cannot hold a full stop ends at one. */
static void a_scheme_says_what_its_nonces_cannot_hold(void **state) {
  const csn_scheme *scheme = csn_scheme_preset(csn_span_str("standard-webhooks"));
  csn_scheme lax = *scheme;
  csn_template tpl;
  size_t at = 0;
  (void)state;
  assert_int_equal(csn_scheme_compile(scheme, &tpl), CSN_OK);
  assert_false(tpl.ambiguous);
  lax.not_in_nonce = NULL;
  assert_int_equal(csn_scheme_compile(&lax, &tpl), CSN_OK);
  assert_true(tpl.ambiguous);
  lax.not_in_nonce = "-";
  assert_int_equal(csn_scheme_compile(&lax, &tpl), CSN_OK);
  assert_true(tpl.ambiguous);
  assert_true(csn_scheme_nonce_valid(scheme, csn_span_str("msg_1"), &at));
  assert_false(csn_scheme_nonce_valid(scheme, csn_span_str("msg_.1"), &at));
  assert_int_equal(at, 4);
  assert_false(csn_scheme_nonce_valid(scheme, csn_span_str(""), &at));
  assert_true(csn_scheme_nonce_valid(&lax, csn_span_str("msg_.1"), &at));
}

static void covers_knows_what_contains_what(void **state) {
  csn_template tpl;
  (void)state;
  assert_int_equal(compile("{target}{body_sha256}", &tpl), CSN_OK);
  assert_true(csn_template_covers(&tpl, CSN_FIELD_PATH));
  assert_true(csn_template_covers(&tpl, CSN_FIELD_QUERY));
  assert_true(csn_template_covers(&tpl, CSN_FIELD_BODY));
  assert_false(csn_template_covers(&tpl, CSN_FIELD_METHOD));
  assert_false(csn_template_covers(&tpl, CSN_FIELD_NONCE));
}

static void presets_are_sound(void **state) {
  size_t count = 0;
  (void)state;
  for (const csn_scheme *preset; (preset = csn_scheme_preset_at(count)) != NULL; count++) {
    csn_template tpl;
    assert_int_equal(csn_scheme_compile(preset, &tpl), CSN_OK);
    assert_ptr_equal(csn_scheme_preset(csn_span_str(preset->name)), preset);
    /* An ambiguous preset has an unambiguous one beside it, and only such a one. */
    assert_int_equal(tpl.ambiguous, preset->delimited_form != NULL);
    if (preset->delimited_form == NULL) continue;
    const csn_scheme *delimited = csn_scheme_preset(csn_span_str(preset->delimited_form));
    assert_non_null(delimited);
    assert_int_equal(csn_scheme_compile(delimited, &tpl), CSN_OK);
    assert_false(tpl.ambiguous);
  }
  assert_true(count >= 4);
  assert_null(csn_scheme_preset(csn_span_str("hmac")));
  assert_null(csn_scheme_preset(csn_span_str("")));
}

/* What must be signed is located and in the list; the list is located, signed, and has the request line. */
static void lists_of_headers_that_do_not_fit_are_refused(void **state) {
  const csn_scheme *kong = csn_scheme_preset(csn_span_str("kong"));
  csn_scheme bad[6];
  csn_template tpl;
  (void)state;
  for (size_t i = 0; i < 6; i++) bad[i] = *kong;
  bad[0].signed_headers = "request-line"; /* a date that nothing signs */
  bad[1].signed_headers = "date";
  bad[2].signed_headers = NULL;
  bad[3].template_text = "{timestamp}";
  bad[4].forms[0].locations[2] = bad[4].forms[0].locations[4]; /* no list; the date in its place */
  bad[4].forms[0].locations[4] = (csn_location){0};
  bad[5].request_line = NULL;
  assert_int_equal(csn_scheme_compile(kong, &tpl), CSN_OK);
  assert_false(tpl.ambiguous);
  assert_true(csn_template_covers(&tpl, CSN_FIELD_METHOD) && csn_template_covers(&tpl, CSN_FIELD_QUERY));
  assert_false(csn_template_covers(&tpl, CSN_FIELD_BODY));
  for (size_t i = 0; i < 6; i++) assert_int_equal(csn_scheme_compile(&bad[i], &tpl), CSN_ERROR_SCHEME_INVALID);
}

#define HEADER(field, name) \
  { CSN_FIELD_##field, CSN_SOURCE_HEADER, name, NULL, NULL }

/* What steers the verdict must be located, signed, and there once. */
static void schemes_that_do_not_fit_are_refused(void **state) {
  const csn_scheme good = {
      .forms = {{.locations = {HEADER(CLIENT_ID, "C"), HEADER(TIMESTAMP, "T"), HEADER(NONCE, "N"),
                               HEADER(SIGNATURE, "S")}}},
      .template_text = "{client_id}|{timestamp}|{nonce}",
      .signature_encoding = CSN_ENCODING_HEX,
  };
  const csn_scheme webhook = {.forms = {{.locations = {HEADER(SIGNATURE, "S")}}},
                              .template_text = "{body}",
                              .signature_encoding = CSN_ENCODING_HEX,
                              .client = "c",
                              .replayable = true};
  csn_scheme bad[19];
  csn_template tpl;
  (void)state;
  assert_int_equal(csn_scheme_compile(&good, &tpl), CSN_OK);
  for (size_t i = 0; i < 19; i++) bad[i] = good;
  bad[0].template_text = "{client_id}|{timestamp}"; /* a nonce that is not signed */
  bad[1].template_text = "{client_id}|{nonce}";     /* a timestamp that is not signed */
  bad[2].forms[0].locations[2] = (csn_location){0}; /* neither nonce nor signature located, the nonce signed */
  bad[3].template_text = NULL;                      /* a signature of nothing */
  bad[4].has_token = true;                          /* a token that is nowhere */
  bad[5].forms[0].locations[3] = (csn_location)HEADER(NONCE, "N2"); /* a field in two places */
  bad[6].forms[0].locations[1].name = NULL;
  bad[7].signature_encoding = CSN_ENCODING_NONE;
  bad[8] = (csn_scheme){.forms = {{.locations = {HEADER(CLIENT_ID, "C")}}}}; /* nothing that proves anything */
  bad[9].template_text = "{client_id}";                                      /* signed, at no time */
  bad[9].forms[0] = (csn_form){.locations = {HEADER(CLIENT_ID, "C"), HEADER(SIGNATURE, "S")}};
  bad[10].template_text = "{client_id}|{nonce}"; /* a nonce without a time to remember it for */
  bad[10].forms[0] = (csn_form){.locations = {HEADER(CLIENT_ID, "C"), HEADER(NONCE, "N"), HEADER(SIGNATURE, "S")}};
  bad[11].template_text = "{timestamp}|{nonce}"; /* of no client */
  bad[11].forms[0].locations[0] = (csn_location)HEADER(TIMESTAMP, "T");
  bad[11].forms[0].locations[1] = (csn_location)HEADER(NONCE, "N");
  bad[11].forms[0].locations[2] = (csn_location)HEADER(SIGNATURE, "S");
  bad[11].forms[0].locations[3] = (csn_location){0};
  bad[12].forms[0].locations[4] = (csn_location)HEADER(TOKEN, "A"); /* a token that is not the scheme's */
  bad[13].client = "c";      /* a client of its own, and one that the request names */
  bad[14].replayable = true; /* neither timestamp nor nonce, and both are there */
  bad[15] = webhook;         /* no timestamp, and nobody has said so */
  bad[15].replayable = false;
  bad[16] = webhook; /* of no client */
  bad[16].client = NULL;
  bad[17] = webhook; /* the client is signed, and the request does not say it */
  bad[17].template_text = "{client_id}|{body}";
  bad[18].forms[0].locations[0].source = CSN_SOURCE_FORM_BODY; /* a body of two kinds */
  bad[18].forms[0].locations[1].source = CSN_SOURCE_JSON_BODY;
  csn_scheme of_one_kind = bad[18];
  of_one_kind.forms[0].locations[1].source = CSN_SOURCE_FORM_BODY;
  assert_int_equal(csn_scheme_compile(&of_one_kind, &tpl), CSN_OK);
  assert_int_equal(csn_scheme_compile(&webhook, &tpl), CSN_OK);
  for (size_t i = 0; i < 19; i++) assert_int_equal(csn_scheme_compile(&bad[i], &tpl), CSN_ERROR_SCHEME_INVALID);
}

/* Where no template signs, the token or the key says whose it is; and a form that a request chooses does not say
 * whether it may come again. */
static void what_no_signature_holds_is_refused(void **state) {
  csn_scheme bad[6];
  csn_template tpl;
  (void)state;
  bad[0] = *csn_scheme_preset(csn_span_str("http-signature"));
  bad[1] = *csn_scheme_preset(csn_span_str("aws-sigv4"));
  bad[2] = bad[3] = *csn_scheme_preset(csn_span_str("bearer-jwt"));
  bad[4] = *csn_scheme_preset(csn_span_str("api-key"));
  bad[5] = *csn_scheme_preset(csn_span_str("kong"));
  bad[3].forms[0].locations[1] = (csn_location){CSN_FIELD_CLIENT_ID, CSN_SOURCE_HEADER, "X-Client", NULL, NULL};
  bad[5].signed_headers = "date request-line x-nonce";
  bad[5].forms[1] = bad[5].forms[0];
  assert_int_equal(csn_scheme_compile(&bad[5], &tpl), CSN_OK);
  bad[5].forms[1].locations[5] = (csn_location){CSN_FIELD_NONCE, CSN_SOURCE_HEADER, "X-Nonce", NULL, NULL};
  for (size_t i = 0; i < 6; i++) {
    if (i != 3 && i != 5) assert_int_equal(csn_scheme_compile(&bad[i], &tpl), CSN_OK);
    if (i != 3 && i != 5) bad[i].client = "c";
    assert_int_equal(csn_scheme_compile(&bad[i], &tpl), CSN_ERROR_SCHEME_INVALID);
  }
}

/* A client is whose signature it is: where nothing is signed by a template, there is none to name. A standard says all
 * of it itself. */
static void what_a_scheme_cannot_use_is_refused(void **state) {
  static const char *const standards[] = {"aws-sigv4", "http-signature"};
  static const char *const unsigned_presets[] = {"bearer-jwt", "api-key"};
  csn_template tpl;
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    const csn_scheme *preset = csn_scheme_preset(csn_span_str(standards[i]));
    csn_scheme bad[4] = {*preset, *preset, *preset, *preset};
    assert_int_equal(csn_scheme_compile(preset, &tpl), CSN_OK);
    bad[0].client = "c";
    bad[1].signed_headers = "date";
    bad[2].not_in_nonce = ".";
    bad[3].replayable = true;
    for (size_t k = 0; k < 4; k++) assert_int_equal(csn_scheme_compile(&bad[k], &tpl), CSN_ERROR_SCHEME_INVALID);
    csn_scheme own = *csn_scheme_preset(csn_span_str(unsigned_presets[i]));
    assert_int_equal(csn_scheme_compile(&own, &tpl), CSN_OK);
    own.client = "c";
    assert_int_equal(csn_scheme_compile(&own, &tpl), CSN_ERROR_SCHEME_INVALID);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(templates_compile_to_pieces),
      cmocka_unit_test(malformed_templates_are_refused),
      cmocka_unit_test(ambiguity_is_seen),
      cmocka_unit_test(separators_are_judged_by_what_a_field_can_hold),
      cmocka_unit_test(a_scheme_says_what_its_nonces_cannot_hold),
      cmocka_unit_test(covers_knows_what_contains_what),
      cmocka_unit_test(presets_are_sound),
      cmocka_unit_test(lists_of_headers_that_do_not_fit_are_refused),
      cmocka_unit_test(schemes_that_do_not_fit_are_refused),
      cmocka_unit_test(what_no_signature_holds_is_refused),
      cmocka_unit_test(what_a_scheme_cannot_use_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
