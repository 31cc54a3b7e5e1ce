#include "svg.h"
#include "test_support.h"

static report_text clean(const char *gnuplot, report_svg_use use) {
  report_text out = {0};
  report_svg_options options = {100, 50, "A <title> & more", "plot", use};
  report_svg_clean(&out, gnuplot, &options);
  assert_false(out.failed);
  return out;
}

static void check(const char *gnuplot, const char *body) {
  report_text out = clean(gnuplot, REPORT_SVG_INLINE);
  const char *start = strstr(out.data, "</title>\n");
  assert_non_null(start);
  start += strlen("</title>\n");
  report_text wanted = {0};
  report_text_format(&wanted, "%s</svg>\n", body);
  assert_string_equal(start, wanted.data);
  report_text_free(&wanted);
  report_text_free(&out);
}

static void shapes_and_text_are_kept(void **state) {
  (void)state;
  check("<path d='M0,0 L1,1'  stroke=\"red\"/>", "<path d=\"M0,0 L1,1\" stroke=\"red\"/>");
  check("<polygon fill = 'x' points = '1,2 3,4 '/>", "<polygon fill=\"x\" points=\"1,2 3,4 \"/>");
  check("<g fill=\"none\"><g transform=\"t\">\n\t<text> a&lt;b</text>\n</g></g>",
        "<g fill=\"none\"><g transform=\"t\"><text> a&lt;b</text></g>\n</g>\n");
}

static void scripts_ids_links_and_handlers_are_dropped(void **state) {
  (void)state;
  static const char *const empty[] = {
      "<?xml version=\"1.0\"?>",
      "<!DOCTYPE svg>",
      "<!-- <path d='x'/> -->",
      "<script>alert('<path/>')</script>",
      "<script type=\"a>b\"><![CDATA[ 1 < 2 ]]></script>",
      "<style>path{}</style>",
      "<defs><path d='x'/></defs>",
      "<image href='http://example/'/>",
      "<a xlink:href='javascript:x'></a>",
      "<foreignObject></foreignObject>",
      "<use xlink:href='#gpPt6'/>",
      "<title>x</title>",
      "stray text",
      "<script>never closed <path d='x'/>",
      "<path d='x",
      "<!-- never closed",
      "<SCRIPT></SCRIPT>",
      "<scripts/>",
      "<pathx/>",
  };
  for (size_t i = 0; i < COUNT_OF(empty); i++) check(empty[i], "");
  check("<path id='a' onload='x' onclick=\"y\" style='z' xlink:href='u' href='u' class='c' d='M0,0'/>",
        "<path d=\"M0,0\"/>");
  check("<path fill='url(#x)' d='M0,0'/>", "<path d=\"M0,0\"/>");
  check("<path d='\"><script>'/>", "<path d=\"   script \"/>");
}

static void groups_without_content_are_dropped(void **state) {
  (void)state;
  check("<g fill=\"none\">\n</g>", "");
  check("<g><g>\n<g stroke='x'></g> </g></g>", "");
  check("<g><path d='x'/></g>", "<g><path d=\"x\"/></g>\n");
}

static void named_colours_become_the_page_s(void **state) {
  (void)state;
  static const char gnuplot[] =
      "<path stroke='rgb(  0, 197,   0)' fill=\"rgb(0,197,5)\"/><path fill='rgb(0,197,6)' stroke='rgb(0,198,0)'/>";
  check(gnuplot,
        "<path stroke=\"var(--own,#3b8fc7)\" fill=\"var(--grid,#c5cad0)\"/>"
        "<path fill=\"rgb(0,197,6)\" stroke=\"rgb(0,198,0)\"/>");
  report_text out = clean(gnuplot, REPORT_SVG_STANDALONE);
  assert_contains(out.data, "stroke=\"#3b8fc7\"");
  assert_lacks(out.data, "var(");
  report_text_free(&out);
  assert_string_equal(report_colour_code(REPORT_COLOUR_GRID), "#00C505");
}

static void the_head_is_our_own(void **state) {
  (void)state;
  report_text out = clean("", REPORT_SVG_INLINE);
  assert_string_equal(out.data,
                      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 100 50\" width=\"100\" height=\"50\" "
                      "role=\"img\" font-family=\"system-ui,sans-serif\" class=\"plot\">\n"
                      "<title>A &lt;title&gt; &amp; more</title>\n</svg>\n");
  report_text_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shapes_and_text_are_kept),
      cmocka_unit_test(scripts_ids_links_and_handlers_are_dropped),
      cmocka_unit_test(groups_without_content_are_dropped),
      cmocka_unit_test(named_colours_become_the_page_s),
      cmocka_unit_test(the_head_is_our_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
