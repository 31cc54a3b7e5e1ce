/* Memory for secrets: kept out of the swap where the limit of locked memory allows, out of core dumps, wiped on free.
 */
#ifndef CSN_TOOLS_LOCKED_H
#define CSN_TOOLS_LOCKED_H

#include <stddef.h>

/* `size` zeroed bytes, aligned to 64, of pages that hold nothing else; NULL where memory is short. That the pages could
 * not be locked (RLIMIT_MEMLOCK) is no error. Thread-safe. */
void *csn_locked_new(size_t size) __attribute__((malloc, warn_unused_result));
void csn_locked_free(void *memory); /* NULL does nothing */

#endif
