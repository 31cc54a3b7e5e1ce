#include "fast_path.h"

csn_atomic csn_fast_paths_off;
