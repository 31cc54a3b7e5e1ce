#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "document.h"

/* One directory; one that is there is as good as a new one. */
static bool make_directory(const char *path) {
  struct stat status;
  if (mkdir(path, 0777) == 0) return true;
  return errno == EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* The directory and its parents. */
static bool make_directories(const char *path, char *error, size_t error_size) {
  report_text partial = {0};
  bool made = path[0] != '\0';
  errno = ENOENT;
  for (const char *at = path; made && *at != '\0';) {
    size_t length = strspn(at, "/");
    length += strcspn(at + length, "/");
    report_text_add_bytes(&partial, at, length);
    at += length;
    made = !partial.failed && make_directory(partial.data);
  }
  if (!made) (void)snprintf(error, error_size, "%s: %s", path, errno == EEXIST ? "not a directory" : strerror(errno));
  report_text_free(&partial);
  return made;
}

typedef void (*writer)(report_text *, const report_document *);

static bool save(const char *directory, const char *name, const report_text *text, char *error, size_t error_size) {
  report_text path = {0};
  report_text_format(&path, "%s/%s", directory, name);
  bool saved = !path.failed && report_text_save(text, path.data, error, error_size);
  if (path.failed) (void)snprintf(error, error_size, "%s: out of memory", directory);
  report_text_free(&path);
  return saved;
}

static bool save_form(const char *directory, const char *name, writer write, const report_document *document,
                      char *error, size_t error_size) {
  report_text text = {0};
  write(&text, document);
  bool saved = save(directory, name, &text, error, error_size);
  report_text_free(&text);
  return saved;
}

static bool save_plots(const char *directory, const report_document *document, char *error, size_t error_size) {
  report_text plots = {0};
  report_text_format(&plots, "%s/plots", directory);
  bool saved = !plots.failed && make_directories(plots.data, error, error_size);
  if (plots.failed) (void)snprintf(error, error_size, "%s: out of memory", directory);
  for (size_t i = 0; saved && i < document->analysis.section_count; i++) {
    const report_page *page = &document->pages[i];
    if (page->file.length == 0) continue;
    saved = save(plots.data, page->file_name.data, &page->file, error, error_size);
  }
  report_text_free(&plots);
  return saved;
}

bool csn_report_generate(const csn_report_options *options, char *error, size_t error_size) {
  const char *directory = options->output_dir;
  report_document document = {0};
  bool done = report_document_build(&document, options->results_path, error, error_size) &&
              make_directories(directory, error, error_size) && save_plots(directory, &document, error, error_size) &&
              save_form(directory, "report.md", report_markdown, &document, error, error_size) &&
              save_form(directory, "report.html", report_html, &document, error, error_size);
  report_document_free(&document);
  return done;
}
