/* Dates of HTTP: IMF-fixdate (RFC 9110 section 5.6.7), such as "Sun, 06 Nov 1994 08:49:37 GMT". */
#ifndef CSN_HTTP_DATE_H
#define CSN_HTTP_DATE_H

#include <countersign/span.h>

enum { CSN_HTTP_DATE_LEN = 29 };

/* Reads a date from 1970 to 9999. The obsolete forms, a wrong day of the week, days that a month does not have and leap
 * seconds are refused; then `*offset` is the first byte in which it has not the form, or is not the date that
 * its numbers give. */
bool csn_http_date_read(csn_span text, int64_t *seconds, size_t *offset) CSN_WARN_UNUSED;

/* Writes UNIX second `seconds`, 0 to 253402300799, without a NUL. */
void csn_http_date_write(int64_t seconds, char out[CSN_HTTP_DATE_LEN]);

#endif
