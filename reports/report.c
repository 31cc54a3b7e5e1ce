#include "report.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "document.h"
#include "svg.h"

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

/* ---- plots ---- */

static bool is_of_this_run(const char *name, const report_document *document) {
  for (size_t i = 0; i < document->analysis.section_count; i++) {
    const report_page *page = &document->pages[i];
    if (page->file.length != 0 && strcmp(name, page->file_name.data) == 0) return true;
  }
  for (size_t i = 0; i < REPORT_CHAPTERS; i++) {
    const report_chapter *chapter = &document->chapters[i];
    if (chapter->file.length != 0 && strcmp(name, chapter->file_name) == 0) return true;
  }
  return false;
}

static bool is_own_plot(const char *path) {
  struct stat status;
  char head[512] = "";
  FILE *file = lstat(path, &status) == 0 && S_ISREG(status.st_mode) ? fopen(path, "rb") : NULL;
  if (file == NULL) return false;
  size_t length = fread(head, 1, sizeof head - 1, file);
  (void)fclose(file);
  head[length] = '\0';
  return report_svg_is_own(head);
}

/* A plot of an earlier run, of a subject that this one does not have, would be taken for one of this run. Other files
 * in the folder are not ours. */
static bool remove_stale_plots(const char *directory, const report_document *document, char *error, size_t error_size) {
  DIR *list = opendir(directory);
  bool removed = list != NULL;
  const struct dirent *entry;
  if (!removed) (void)snprintf(error, error_size, "%s: %s", directory, strerror(errno));
  while (removed && (entry = readdir(list)) != NULL) {
    const char *ending = strrchr(entry->d_name, '.');
    if (ending == NULL || strcmp(ending, ".svg") != 0 || is_of_this_run(entry->d_name, document)) continue;
    report_text path = {0};
    report_text_format(&path, "%s/%s", directory, entry->d_name);
    removed = !path.failed && (!is_own_plot(path.data) || unlink(path.data) == 0);
    if (!removed) (void)snprintf(error, error_size, "%s/%s: %s", directory, entry->d_name, strerror(errno));
    report_text_free(&path);
  }
  if (list != NULL) (void)closedir(list);
  return removed;
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
  for (size_t i = 0; saved && i < REPORT_CHAPTERS; i++) {
    const report_chapter *chapter = &document->chapters[i];
    if (chapter->file.length == 0) continue;
    saved = save(plots.data, chapter->file_name, &chapter->file, error, error_size);
  }
  saved = saved && remove_stale_plots(plots.data, document, error, error_size);
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
