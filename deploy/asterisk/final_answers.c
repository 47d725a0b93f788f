/* A final answer to every SIP request within a call (LD_PRELOAD by entrypoint.sh; docs/adr/0016 says why).
 *
 * PJSIP answers 500 to a request in a dialog that no usage of the dialog claims and nobody has answered. Asterisk's
 * session layer is such a usage and claims all of them, also those that none of its modules answers, such as MESSAGE.
 * Its modules learn of a request from the transaction, not from this claim, so the session layer is kept from being a
 * usage: what its modules answer is answered as before, and PJSIP answers the rest. Its other usage, which answers a
 * carrier that asks for a password, claims no request and stays.
 *
 *     gcc -shared -fPIC -O2 -o final_answers.so final_answers.c
 *
 * If Asterisk or PJSIP changes so that this has no effect, the rest is not answered, as without it; nothing is passed on.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>

#define SESSION_LAYER "/res_pjsip_session.so"
#define SESSION_USAGE "Session Module"

/* How a `pjsip_module` begins: links of a list, then its name, which need not end with a zero. */
struct module {
    void *prev, *next;
    const char *name;
    long length;
};

typedef int adder(void *dialog, void *module, void *data);

/* Whether `object` is static data of the library whose path ends with `name`. */
static int is_part_of(const void *object, const char *name) {
    Dl_info home;
    if (!dladdr(object, &home) || !home.dli_fname) return 0;
    size_t all = strlen(home.dli_fname), end = strlen(name);
    return all >= end && strcmp(home.dli_fname + all - end, name) == 0;
}

static int is_session_usage(const struct module *module) {
    long length = sizeof SESSION_USAGE - 1;
    return module->length == length && memcmp(module->name, SESSION_USAGE, length) == 0;
}

/* PJSIP's, of which it returns the status; 0 is PJ_SUCCESS. */
__attribute__((visibility("default"))) int pjsip_dlg_add_usage(void *dialog, void *module, void *data) {
    static _Atomic(adder *) next;
    if (is_part_of(module, SESSION_LAYER) && is_session_usage(module)) return 0;
    if (!next) next = (adder *)dlsym(RTLD_NEXT, "pjsip_dlg_add_usage");
    return next(dialog, module, data);
}
