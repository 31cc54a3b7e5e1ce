/* Writes the seeds of the fuzz targets, the same bytes each time. What is signed here is signed by OpenSSL's HMAC(),
 * not by the library that the seeds are for. */
#include <errno.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "naive.h"
#include "seeds_hmac.h"
#include "seeds_http_signature.h"
#include "seeds_jwk.h"
#include "seeds_request.h"
#include "seeds_sigv4.h"

static const char usage[] =
    "usage: %s DIRECTORY\n"
    "Writes the seeds to a folder for each target in DIRECTORY, such as corpus/seeds. Exit status: 0 when all were\n"
    "written, 1 when one could not be, 2 on wrong usage.\n"
    "  -h, --help  print this\n";

/* One seed under way. */
typedef struct seed {
  char path[512];
  size_t len;
  uint8_t bytes[65536];
} seed;

static const char *folder;
static size_t written;
static bool failed;

static void seed_begin(seed *out, const char *target, const char *name) {
  snprintf(out->path, sizeof out->path, "%s/%s/%s", folder, target, name);
  out->len = 0;
}

static void seed_put(seed *out, csn_span bytes) {
  FUZZ_CHECK(bytes.len <= sizeof out->bytes - out->len);
  if (bytes.len > 0) memcpy(out->bytes + out->len, bytes.ptr, bytes.len);
  out->len += bytes.len;
}

__attribute__((format(printf, 2, 3))) static void seed_print(seed *out, const char *format, ...) {
  va_list list;
  va_start(list, format);
  int len = vsnprintf((char *)out->bytes + out->len, sizeof out->bytes - out->len, format, list);
  va_end(list);
  FUZZ_CHECK(len >= 0 && (size_t)len < sizeof out->bytes - out->len);
  out->len += (size_t)len;
}

static void seed_write(const seed *from) {
  FILE *file = fopen(from->path, "wb");
  bool good = file != NULL && fwrite(from->bytes, 1, from->len, file) == from->len;
  if (file != NULL && fclose(file) != 0) good = false;
  if (!good) perror(from->path);
  if (!good) failed = true;
  written++;
}

/* ---- tokens ---- */

static size_t token_of(size_t key, const char *header, const char *claims, uint8_t *out) {
  return naive_token_write(key, csn_span_str(header), csn_span_str(claims), out);
}

static void write_token_rows(void) {
  static seed out;
  for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
    const token_row *row = &tokens[i];
    seed_begin(&out, "fuzz_jwt", row->name);
    seed_print(&out, "0%s%zu\n", row->control, row->key);
    out.len += token_of(row->key, row->header, row->claims, out.bytes + out.len);
    seed_write(&out);
  }
}

static void write_part_rows(const char *target, const part_row *rows, size_t count) {
  static seed out;
  for (size_t i = 0; i < count; i++) {
    seed_begin(&out, target, rows[i].name);
    seed_print(&out, "%s%s", rows[i].control, rows[i].parts);
    seed_write(&out);
  }
}

/* Tokens whose shape is wrong, around a right one. */
static void write_shapes(void) {
  static const part_row shapes[] = {
      {"shape_empty", "", ""},
      {"shape_dots", "..", ""},
      {"shape_no_signature", "", "."},
      {"shape_padded", "", "="},
      {"shape_four_segments", "", ".AA"},
      {"shape_space_behind", "", " "},
      {"shape_space_before", " ", ""},
      {"shape_line_feed", "", "\n"},
      {"shape_trailing_bits", "", NULL},
      {"shape_standard_alphabet", "", "+/"},
  };
  static seed out;
  uint8_t token[1024];
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
    size_t len = token_of(0, PLAIN, CLAIMS, token);
    seed_begin(&out, "fuzz_jwt", shapes[i].name);
    seed_print(&out, "0010000\n%s", shapes[i].control);
    if (i < 2) len = 0;
    if (i == 2) len -= 44; /* the signature and its dot */
    seed_put(&out, csn_span_of(token, len));
    if (shapes[i].parts == NULL) out.bytes[out.len - 1]++;
    if (shapes[i].parts != NULL) seed_print(&out, "%s", shapes[i].parts);
    seed_write(&out);
  }
}

/* ---- requests ---- */

static void put_hmac_hex(seed *out, size_t key, const char *canonical) {
  uint8_t mac[32];
  naive_hmac(key, csn_span_str(canonical), mac);
  for (size_t i = 0; i < sizeof mac; i++) seed_print(out, "%02x", mac[i]);
}

static void write_request_rows(void) {
  static seed out;
  for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
    const header_row *row = &requests[i];
    seed_begin(&out, "fuzz_request", row->name);
    seed_print(&out, "%s\n%s", row->control, row->before);
    put_hmac_hex(&out, row->key, row->canonical);
    seed_print(&out, "%s", row->behind);
    seed_write(&out);
  }
}

static const char *kid_header(size_t key) {
  static char text[128];
  snprintf(text, sizeof text, "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", FUZZ_KEYS[key].key_id);
  return text;
}

static void write_bearer_rows(void) {
  static seed out;
  for (size_t i = 0; i < sizeof bearers / sizeof bearers[0]; i++) {
    const bearer_row *row = &bearers[i];
    seed_begin(&out, "fuzz_request", row->name);
    seed_print(&out, "%s\nPOST\n/a\nAuthorization: %s", row->control, row->scheme);
    out.len += token_of(row->token_key, kid_header(row->token_key), row->claims, out.bytes + out.len);
    seed_print(&out, "\n%s", row->before == NULL ? "\n" : row->before);
    if (row->before != NULL) put_hmac_hex(&out, row->key, row->canonical);
    seed_print(&out, "%s", row->behind == NULL ? "" : row->behind);
    seed_write(&out);
  }
}

int main(int argc, char **argv) {
  static const char *const targets[] = {"fuzz_jwk",   "fuzz_jwt", "fuzz_request", "fuzz_http_signature",
                                        "fuzz_sigv4", "fuzz_hmac"};
  bool help = argc == 2 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0);
  if (help || argc != 2 || argv[1][0] == '-') {
    fprintf(help ? stdout : stderr, usage, argv[0]);
    return help ? 0 : 2;
  }
  folder = argv[1];
  for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, targets[i]);
    if ((mkdir(folder, 0777) != 0 && errno != EEXIST) || (mkdir(path, 0777) != 0 && errno != EEXIST)) {
      perror(path);
      return 1;
    }
  }
  write_part_rows("fuzz_jwk", jwks, sizeof jwks / sizeof jwks[0]);
  write_token_rows();
  write_part_rows("fuzz_jwt", parts, sizeof parts / sizeof parts[0]);
  write_shapes();
  write_request_rows();
  write_bearer_rows();
  write_part_rows("fuzz_request", signed_requests, sizeof signed_requests / sizeof signed_requests[0]);
  write_part_rows("fuzz_http_signature", http_signatures, sizeof http_signatures / sizeof http_signatures[0]);
  write_part_rows("fuzz_sigv4", sigv4_requests, sizeof sigv4_requests / sizeof sigv4_requests[0]);
  write_part_rows("fuzz_hmac", hmacs, sizeof hmacs / sizeof hmacs[0]);
  printf("make_seeds: %zu seeds in %s\n", written, folder);
  return failed ? 1 : 0;
}
