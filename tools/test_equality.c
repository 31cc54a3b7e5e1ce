/* One request, one verdict: singly, in a batch, in a batch with a verifier each, and through the command. Over
 * mutations of every request in corpus/vectors/, CSN_MUTATIONS of them (100,000; under a sanitizer 10,000), the same
 * for the same number. */
#include "../core/test/vectors.h"
#include "command.h"
#include "test_cli.h"

enum {
  MUTATIONS = 100000,
  MUTATIONS_SANITIZED = 10000,
  GROUP = 100,       /* requests of a batch: more than the verifier takes in one go */
  SHARE_OF_CLI = 8,  /* of so many cases one goes through the command, too */
  GROUP_OF_CLI = 20, /* requests of such a case */
  SLACK = 8,         /* bytes by which a field may grow */
  REASONS_MIN = 40,
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { MUTATIONS_DEFAULT = MUTATIONS_SANITIZED };
#else
enum { MUTATIONS_DEFAULT = MUTATIONS };
#endif

typedef struct tally {
  size_t cases, mutations, per_case, through_cli, accepted, replayed, failures;
  bool reasons[CSN_REASON_COUNT];
  uint64_t random;
} tally;

/* A request of its own memory. */
typedef struct mutant {
  csn_request_line line;
  uint8_t *bytes;
  size_t used;
} mutant;

static uint32_t draw(tally *t, size_t below) {
  uint64_t z = (t->random += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (uint32_t)((z ^ (z >> 31)) % below);
}

/* ---- mutants ---- */

static void copy_field(mutant *m, csn_span *field) {
  uint8_t *to = m->bytes + m->used;
  if (field->len > 0) memcpy(to, field->ptr, field->len);
  m->used += field->len + SLACK;
  *field = csn_span_of(to, field->len);
}

static void mutant_copy(mutant *m, const csn_request_line *line) {
  const csn_request *from = &line->request;
  size_t size = from->method.len + from->target.len + from->body.len + 3 * SLACK;
  memset(m, 0, sizeof *m);
  m->line.id = line->id;
  m->line.request = *from;
  for (size_t i = 0; i < from->header_count; i++) {
    size += from->headers[i].name.len + from->headers[i].value.len + 2 * SLACK;
    m->line.headers[i] = from->headers[i];
  }
  m->bytes = malloc(size);
  assert_non_null(m->bytes);
  m->line.request.headers = m->line.headers;
  copy_field(m, &m->line.request.method);
  copy_field(m, &m->line.request.target);
  copy_field(m, &m->line.request.body);
  for (size_t i = 0; i < from->header_count; i++) {
    copy_field(m, &m->line.headers[i].name);
    copy_field(m, &m->line.headers[i].value);
  }
}

/* Mostly a header's value: there the credential is. */
static csn_span *some_field(mutant *m, tally *t) {
  csn_request *request = &m->line.request;
  uint32_t which = draw(t, 20);
  if (request->header_count == 0 || which < 3) {
    csn_span *const others[] = {&request->method, &request->target, &request->body};
    return others[which % 3];
  }
  csn_header *header = &m->line.headers[draw(t, request->header_count)];
  return which < 5 ? &header->name : &header->value;
}

/* What a JSON string holds as it stands, or any byte. */
static uint8_t some_byte(tally *t, bool printable) {
  static const char likely[] = "0123456789abcdefABCDEF.=&-_+/ ,;:|\"{}";
  uint32_t kind = draw(t, 3);
  if (kind == 0) return (uint8_t)likely[draw(t, sizeof likely - 1)];
  return (uint8_t)(printable || kind == 1 ? ' ' + draw(t, 95) : draw(t, 256));
}

static void change_bytes(mutant *m, tally *t, bool printable) {
  csn_span *field = some_field(m, t);
  uint8_t *bytes = (uint8_t *)(uintptr_t)field->ptr;
  size_t at = field->len == 0 ? 0 : draw(t, field->len);
  switch (draw(t, 5)) {
    case 0: /* another byte */
      if (field->len > 0) bytes[at] = some_byte(t, printable);
      break;
    case 1: /* one more: each of three mutations adds one at most, and SLACK is more */
      memmove(bytes + at + 1, bytes + at, field->len++ - at);
      bytes[at] = some_byte(t, printable);
      break;
    case 2: /* one less */
      if (field->len == 0) break;
      memmove(bytes + at, bytes + at + 1, --field->len - at);
      break;
    case 3: /* one bit, which leaves a printable byte printable more often than not */
      if (field->len > 0) bytes[at] ^= (uint8_t)(1u << draw(t, printable ? 3 : 8));
      if (field->len > 0 && printable && (bytes[at] < ' ' || bytes[at] > '~')) bytes[at] = 'x';
      break;
    default: /* cut */
      if (draw(t, 4) == 0) field->len = at;
      break;
  }
}

static void change_headers(mutant *m, tally *t) {
  csn_request *request = &m->line.request;
  size_t count = request->header_count;
  if (count == 0 || count >= CSN_HEADERS_MAX) return;
  csn_header *headers = m->line.headers, *one = &headers[draw(t, count)], *other = &headers[draw(t, count)];
  const csn_header held = *one;
  switch (draw(t, 4)) {
    case 0: /* twice: both have the same bytes, which may not be changed any more */
      headers[request->header_count++] = held;
      break;
    case 1:
      *one = headers[--request->header_count];
      break;
    case 2:
      *one = *other;
      *other = held;
      break;
    default: /* the value of another */
      one->value = other->value;
      break;
  }
}

/* One in eight is left as it is: what is accepted, and what is replayed. */
static void mutate(mutant *m, tally *t, bool printable) {
  if (draw(t, 8) == 0) return;
  for (uint32_t left = 1 + draw(t, 3); left > 0; left--) change_bytes(m, t, printable);
  if (draw(t, 6) == 0) change_headers(m, t);
}

/* ---- verdicts ---- */

static bool same(const csn_verdict *a, const csn_verdict *b) {
  return a->reason == b->reason && a->field == b->field && a->offset == b->offset &&
         (a->field != CSN_FIELD_HEADER || a->header_index == b->header_index) &&
         csn_span_equal(csn_name_span(&a->client_id), csn_name_span(&b->client_id)) &&
         csn_span_equal(csn_name_span(&a->key_id), csn_name_span(&b->key_id));
}

static void tell_difference(const csn_vector *vector, const mutant *m, const csn_verdict *a, const csn_verdict *b,
                            tally *t) {
  uint8_t bytes[1 << 16];
  csn_json_out line;
  t->failures++;
  if (t->failures > 20) return;
  csn_json_out_init(&line, -1, bytes, sizeof bytes);
  csn_request_line_write(&line, &m->line, NULL, 0);
  print_error("%s: %s at %zu, and %s at %zu in a batch: %.*s\n", vector->folder, csn_reason_label(a->reason), a->offset,
              csn_reason_label(b->reason), b->offset, (int)line.len, (const char *)bytes);
}

static void count(const csn_verdict *verdict, tally *t) {
  assert_in_range(verdict->reason, CSN_REASON_ACCEPTED, CSN_REASON_COUNT - 1);
  t->reasons[verdict->reason] = true;
  t->accepted += csn_accepted(verdict);
  t->replayed += verdict->reason == CSN_REASON_NONCE_REPLAYED;
  t->mutations++;
}

/* `expected` gets the lines of `verdicts`, as csn verify would write them. */
static size_t lines_of(const mutant *mutants, const csn_verdict *verdicts, size_t count, uint8_t *expected,
                       size_t size) {
  csn_json_out line;
  csn_json_out_init(&line, -1, expected, size);
  for (size_t i = 0; i < count; i++) csn_verdict_line(&line, mutants[i].line.id, &verdicts[i]);
  return line.len;
}

static void compare_with_command(const csn_vector *vector, const mutant *mutants, const csn_verdict *verdicts,
                                 size_t count, int64_t now, tally *t) {
  static uint8_t input[1 << 20], expected[1 << 18];
  char words[VECTOR_PATH_MAX + 64];
  csn_json_out line;
  csn_json_out_init(&line, -1, input, sizeof input);
  for (size_t i = 0; i < count; i++) csn_request_line_write(&line, &mutants[i].line, NULL, 0);
  size_t len = lines_of(mutants, verdicts, count, expected, sizeof expected);
  snprintf(words, sizeof words, "verify --policy %s --now %lld", vector->policy, (long long)now);
  int status = run_bytes(words, input, line.len);
  t->through_cli += count;
  if (status <= 1 && out_len == len && memcmp(out, expected, len) == 0) return;
  t->failures++;
  size_t at = 0;
  while (at < len && at < out_len && out[at] == (char)expected[at]) at++;
  print_error("%s: csn %s: status %d, %zu bytes for %zu, other from byte %zu: %.200s, not %.200s\n%s", vector->folder,
              words, status, out_len, len, at, out + (at < 150 ? 0 : at - 150),
              (const char *)expected + (at < 150 ? 0 : at - 150), err);
}

/* ---- a case ---- */

typedef struct subject {
  csn_vector *vector;
  csn_policy singly, batch, mixed; /* each with a memory of nonces of its own */
  csn_request_line lines[VECTOR_LINES_MAX];
} subject;

static bool open_subject(subject *s, int64_t now) {
  csn_policy_error error;
  const char *reason;
  size_t offset;
  bool good = csn_policy_load(&s->singly, s->vector->policy, now, &error) &&
              csn_policy_load(&s->batch, s->vector->policy, now, &error) &&
              csn_policy_load(&s->mixed, s->vector->policy, now, &error);
  for (size_t i = 0; i < s->vector->count; i++)
    good = good && csn_request_line_read(&s->lines[i], s->vector->requests[i], &reason, &offset);
  return good;
}

static void close_subject(subject *s) {
  for (size_t i = 0; i < VECTOR_LINES_MAX; i++) csn_request_line_free(&s->lines[i]);
  csn_policy_free(&s->singly);
  csn_policy_free(&s->batch);
  csn_policy_free(&s->mixed);
}

/* Mostly the case's own, else one at or behind a boundary of the window. */
static int64_t some_time(const csn_vector *vector, tally *t) {
  static const int64_t shifts[] = {0, 0, 0, 0, 1, -1, 60, 300, -300, 301, -301, 90000};
  int64_t now = vector->now + shifts[draw(t, sizeof shifts / sizeof shifts[0])];
  return now < 0 ? 0 : now; /* there is no table of nonces before 1970 */
}

static void verify_group(const subject *s, size_t size, int64_t now, bool through_cli, tally *t) {
  static mutant mutants[GROUP];
  static csn_request requests[GROUP];
  static csn_verdict singly[GROUP], batch[GROUP], mixed[GROUP];
  const csn_verifier *verifiers[GROUP];
  for (size_t i = 0; i < size; i++) {
    mutant_copy(&mutants[i], &s->lines[draw(t, s->vector->count)]);
    mutate(&mutants[i], t, through_cli);
    requests[i] = mutants[i].line.request;
    verifiers[i] = s->mixed.verifier;
  }
  memset(singly, 0xa5, sizeof singly);
  memset(batch, 0x5a, sizeof batch);
  memset(mixed, 0x3c, sizeof mixed);
  for (size_t i = 0; i < size; i++) csn_verify(s->singly.verifier, &requests[i], now, &singly[i]);
  csn_verify_batch(s->batch.verifier, requests, batch, size, now);
  csn_verify_mixed(verifiers, requests, mixed, size, now);
  for (size_t i = 0; i < size; i++) {
    if (!same(&singly[i], &batch[i])) tell_difference(s->vector, &mutants[i], &singly[i], &batch[i], t);
    if (!same(&singly[i], &mixed[i])) tell_difference(s->vector, &mutants[i], &singly[i], &mixed[i], t);
    count(&singly[i], t);
  }
  if (through_cli) compare_with_command(s->vector, mutants, batch, size, now, t);
  for (size_t i = 0; i < size; i++) free(mutants[i].bytes);
}

static void fail_to_open(const csn_vector *vector, tally *t) {
  t->failures++;
  print_error("%s: cannot be read\n", vector->folder);
}

/* The command opens its policy at the time of its requests, and has seen nothing before. */
static void mutate_through_command(csn_vector *vector, tally *t) {
  subject s = {.vector = vector};
  int64_t now = some_time(vector, t);
  if (open_subject(&s, now)) {
    verify_group(&s, GROUP_OF_CLI, now, true, t);
  } else {
    fail_to_open(vector, t);
  }
  close_subject(&s);
}

static void mutate_case(csn_vector *vector, void *context) {
  tally *t = context;
  subject s = {.vector = vector};
  size_t left = t->per_case;
  if (t->cases++ % SHARE_OF_CLI == 0) mutate_through_command(vector, t);
  if (!open_subject(&s, vector->now)) {
    fail_to_open(vector, t);
    left = 0;
  }
  while (left > 0) {
    size_t size = left < GROUP ? left : GROUP;
    verify_group(&s, size, some_time(vector, t), false, t);
    left -= size;
  }
  close_subject(&s);
}

static void count_case(csn_vector *vector, void *context) {
  (void)vector;
  ++*(size_t *)context;
}

static size_t mutations_wanted(void) {
  const char *given = getenv("CSN_MUTATIONS");
  return given == NULL ? MUTATIONS_DEFAULT : strtoul(given, NULL, 10);
}

static void a_mutated_request_gets_one_verdict_singly_in_a_batch_and_from_the_command(void **state) {
  tally t = {0};
  size_t cases = 0, reasons = 0;
  (void)state;
  assert_true(vectors_each(count_case, &cases));
  t.per_case = (mutations_wanted() + cases - 1) / cases;
  assert_true(vectors_each(mutate_case, &t));
  for (size_t i = 0; i < CSN_REASON_COUNT; i++) reasons += t.reasons[i];
  print_message("%zu mutations of %zu cases, %zu through csn verify: %zu reasons, %zu accepted, %zu replayed\n",
                t.mutations, t.cases, t.through_cli, reasons, t.accepted, t.replayed);
  assert_int_equal(t.failures, 0);
  assert_true(t.mutations >= mutations_wanted() && t.through_cli > 0);
  assert_true(reasons >= REASONS_MIN && t.accepted > 0 && t.replayed > 0);
}

/* The negative control: every member that a caller sees makes two verdicts differ. */
static void verdicts_that_differ_in_one_member_are_not_the_same(void **state) {
  const csn_verdict verdict = {.reason = CSN_REASON_HEADER_VALUE_INVALID, .field = CSN_FIELD_HEADER, .offset = 3};
  csn_verdict others[6];
  (void)state;
  assert_true(same(&verdict, &verdict));
  for (size_t i = 0; i < COUNT(others); i++) others[i] = verdict;
  others[0].reason = CSN_REASON_ACCEPTED;
  others[1].field = CSN_FIELD_NONCE;
  others[2].offset++;
  others[3].header_index++;
  csn_name_set(&others[4].client_id, csn_span_str("c"));
  csn_name_set(&others[5].key_id, csn_span_str("k"));
  for (size_t i = 0; i < COUNT(others); i++) assert_false(same(&verdict, &others[i]));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_mutated_request_gets_one_verdict_singly_in_a_batch_and_from_the_command),
      cmocka_unit_test(verdicts_that_differ_in_one_member_are_not_the_same),
  };
  return cmocka_run_group_tests(tests, find_binary, test_folder_remove);
}
