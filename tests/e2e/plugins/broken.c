/* Plugins that must be refused, each for its own reason, chosen by a macro. Loaded by ophost only, never called.
 *
 * BROKEN_ABI      needs an ABI newer than any host's
 * BROKEN_MAGIC    exports the entry symbol without the magic
 * BROKEN_SYMBOL   refers to a function that nobody defines
 * BROKEN_OPS      one operator without its tables
 * BROKEN_LOAD     crashes while it is loaded */
#include <stddef.h>

#include "ophost/abi.h"

#ifdef BROKEN_SYMBOL
extern int e2e_function_that_nobody_defines(void);
int (*const e2e_keep_reference)(void) = e2e_function_that_nobody_defines;
#endif

#ifdef BROKEN_LOAD
#include <stdlib.h>
__attribute__((constructor)) static void crash(void) { abort(); }
#endif

#ifdef BROKEN_OPS
static const oph_op_desc half = {.struct_size = sizeof(oph_op_desc), .kind = OPH_KIND_FILTER, .name = "e2e_half_filter"};
static const oph_op_desc* const ops[] = {&half};
enum { kOps = 1 };
#else
static const oph_op_desc* const ops[] = {NULL};
enum { kOps = 0 };
#endif

#ifdef BROKEN_ABI
enum { kMinor = OPH_ABI_MINOR + 7 };
#else
enum { kMinor = OPH_ABI_MINOR };
#endif

__attribute__((visibility("default"))) const oph_plugin oph_plugin_entry = {
#ifdef BROKEN_MAGIC
    OPH_MAGIC + 1,
#else
    OPH_MAGIC,
#endif
    OPH_ABI_MAJOR, kMinor, sizeof(oph_plugin), kOps, "org.example.e2e-broken", "1.0.0", ops, NULL, NULL, NULL};
