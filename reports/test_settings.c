/* Versions and settings of what was compared are listed below the tables, each once. */
#include "test_chapters.h"

#define ROW(name, label) "{\"name\": \"" name "\", \"real_time\": 9, \"time_unit\": \"ns\"" label "}"
#define LABEL(text) ", \"label\": \"" text "\""

static void each_peer_says_once_what_it_is(void **state) {
  (void)state;
  put("results.json",
      "{\"context\": {}, \"benchmarks\": [" ROW("nonce_claim/live_64k/tbb/threads:1", LABEL("oneTBB <9>: buckets")) ","
      ROW("nonce_claim/live_64k/tbb/threads:2", LABEL("oneTBB <9>: buckets")) ","
      ROW("nonce_claim/live_64k/libcuckoo/threads:1", LABEL("libcuckoo 1: slots")) ","
      ROW("nonce_claim/live_64k/countersign/threads:1", "") ","
      ROW("nonce_claim/live_8M/libcuckoo/threads:1", LABEL("libcuckoo 2: slots")) ","
      ROW("nonce_claim/live_64k/urcu_lfht/threads:1", LABEL("")) ","
      ROW("nonce_store/depth_1/redis", LABEL("no persistence")) ","
      ROW("credential_lookup/100k/redis", LABEL("no persistence")) "]}");
  report_document document = build();
  size_t lists = 0;
  for (size_t i = 0; i < document.analysis.section_count; i++) {
    const report_sentences *notes = &document.pages[i].notes;
    if (strcmp(document.analysis.sections[i].name, "nonce_claim") != 0) {
      assert_int_equal(notes->count, 0); /* stores have it in their comparison */
      continue;
    }
    lists++;
    assert_int_equal(notes->count, 3);
    assert_says(notes, "oneTBB <9>: buckets.");
    assert_says(notes, "libcuckoo 1: slots.");
    assert_says(notes, "libcuckoo 2: slots.");
    for (size_t n = 0; n < notes->count; n++)
      assert_string_equal(notes->items[n].lead, strstr(notes->items[n].text, "TBB") != NULL ? "TBB:" : "libcuckoo:");
  }
  assert_int_equal(lists, 1);
  report_text page = {0};
  report_markdown(&page, &document);
  assert_contains(page.data, " |\n\n- **");
  assert_contains(page.data, "- **libcuckoo:** libcuckoo 2: slots.\n");
  report_text_free(&page);
  report_html(&page, &document);
  assert_contains(page.data, "oneTBB &lt;9&gt;: buckets.</li>\n");
  report_text_free(&page);
  report_document_free(&document);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(each_peer_says_once_what_it_is, clear_folder),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
