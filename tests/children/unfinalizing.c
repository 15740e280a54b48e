/*
 * Layer between Node and the module: runs no finalizers, as OpenHarmony's engine does when an environment ends.
 */
#define _GNU_SOURCE
#include <dlfcn.h>

typedef void finalize(void *env, void *data, void *hint);
typedef int wrap(void *env, void *object, void *native, finalize *finalizer, void *hint, void **result);

static void forget(void *env, void *data, void *hint) {
  (void)env, (void)data, (void)hint;
}

int napi_wrap(void *env, void *object, void *native, finalize *finalizer, void *hint, void **result) {
  (void)finalizer;
  return ((wrap *)dlsym(dlopen(0, RTLD_LAZY), "napi_wrap"))(env, object, native, forget, hint, result);
}
