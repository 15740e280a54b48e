/*
 * The `phone-like` load: a layer between Node and the unchanged host build of the module that answers each Node-API call as
 * the phone's engine does where the two differ. Loaded with RTLD_DEEPBIND, so that the module finds these functions first.
 * For tests only. `engine.test.mjs` shows each difference, with `probe.c` in place of the module.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "node_api.h"

#define WRAP_PROPERTY "_napiwrapper"

/* Node's own function of this name. */
#define NODE(function)                                                        \
  ({                                                                          \
    static __typeof__(&function) in_node;                                     \
    if (in_node == NULL) in_node = dlsym(dlopen(NULL, RTLD_LAZY), #function); \
    in_node;                                                                  \
  })

/* A function of the module that JavaScript calls. */
struct callback {
  napi_callback method, getter, setter;
  void *data;
  struct callback *next;
};

/* What the module has wrapped in an object. */
struct wrap {
  void *native;
  napi_finalize finalize;
  void *hint;
  napi_ref object;
  bool finalized;
  struct wrap *next, *previous;
};

/* A reference as the module sees it. */
struct reference {
  napi_ref node;
  struct wrap *wrap;
  uint32_t count;
};

/* The one environment of a thread. */
static __thread struct engine {
  struct callback *callbacks;
  struct wrap *wraps;
  napi_ref left_exception;
  uint32_t depth, failing_buffers, failing_sets;
  uint32_t rejected_on_stack, finalized_in_calls, turns_left_pending;
  bool has_collected, is_finalizing, has_ended;
  /* Whether one is stored that is not pending, and whether one will be when a turn begins. */
  bool has_last_exception, leaves_last_exception;
} engine;

/* ---- Microtasks: V8's own functions, by their mangled names ---- */

static void *current_isolate(void) {
  typedef void *get(void);
  return ((get *)dlsym(dlopen(NULL, RTLD_LAZY), "_ZN2v87Isolate10GetCurrentEv"))();
}

/* Runs the microtasks that wait, unless one is running. */
static void run_microtasks(void) {
  typedef void perform(void *isolate);
  static perform *checkpoint;
  if (checkpoint == NULL)
    checkpoint = dlsym(dlopen(NULL, RTLD_LAZY), "_ZN2v815MicrotasksScope17PerformCheckpointEPNS_7IsolateE");
  checkpoint(current_isolate());
}

/* ---- Finalizers: inside a call that may allocate once the garbage collector has run, as on the phone's other threads ---- */

static void finalize(napi_env env, struct wrap *wrap) {
  if (wrap->finalized) return;
  wrap->finalized = true;
  wrap->finalize(env, wrap->native, wrap->hint);
}

static bool is_collected(napi_env env, struct wrap *wrap) {
  napi_value object = NULL;
  NODE(napi_get_reference_value)(env, wrap->object, &object);
  return object == NULL;
}

static void finalize_collected(napi_env env) {
  if (!engine.has_collected || engine.is_finalizing) return;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  engine.has_collected = false;
  engine.is_finalizing = true;
  for (struct wrap *wrap = engine.wraps; wrap != NULL; wrap = wrap->next) {
    if (wrap->finalized || !is_collected(env, wrap)) continue;
    engine.finalized_in_calls++;
    finalize(env, wrap);
  }
  engine.is_finalizing = false;
  napi_close_handle_scope(env, scope);
}

/* How calls begin that look for an exception first: one that is stored lets them fail, though it is pending no more. */
static napi_status begin_call(napi_env env) {
  finalize_collected(env);
  return engine.has_last_exception ? napi_pending_exception : napi_ok;
}

/* A call that begins so, and is Node's otherwise. */
#define BEGUN(env, function, ...)                                        \
  ({                                                                     \
    napi_status begun = begin_call(env);                                 \
    begun == napi_ok ? NODE(function)(env, __VA_ARGS__) : begun;         \
  })

static void note_collection(void *isolate, int type, int flags, void *data) {
  (void)isolate, (void)type, (void)flags, (void)data;
  engine.has_collected = true;
}

static void watch_collector(void) {
  typedef void add(void *isolate, void (*callback)(void *, int, int, void *), void *data, int types);
  static const char NAME[] = "_ZN2v87Isolate21AddGCEpilogueCallbackEPFvPS0_NS_6GCTypeENS_15GCCallbackFlagsEPvES4_S2_";
  const int all_types = 31;
  ((add *)dlsym(dlopen(NULL, RTLD_LAZY), NAME))(current_isolate(), note_collection, NULL, all_types);
}

/* ---- Wraps: an ordinary property, found through prototypes and proxies; never finalized at the environment's end ---- */

static void forget_wrap(napi_env env, void *data, void *hint) {
  (void)hint;
  struct wrap *wrap = data;
  if (!engine.has_ended) {
    finalize(env, wrap);
    NODE(napi_delete_reference)(env, wrap->object);
  }
  if (wrap->next != NULL) wrap->next->previous = wrap->previous;
  if (wrap->previous != NULL) wrap->previous->next = wrap->next;
  if (engine.wraps == wrap) engine.wraps = wrap->next;
  free(wrap);
}

static struct wrap *new_wrap(napi_env env, napi_value object, void *native, napi_finalize finalize, void *hint) {
  struct wrap *wrap = calloc(1, sizeof *wrap);
  *wrap = (struct wrap){ .native = native, .finalize = finalize, .hint = hint, .next = engine.wraps };
  if (engine.wraps != NULL) engine.wraps->previous = wrap;
  engine.wraps = wrap;
  NODE(napi_create_reference)(env, object, 0, &wrap->object);
  return wrap;
}

napi_status napi_wrap(napi_env env, napi_value object, void *native, napi_finalize finalize, void *hint, napi_ref *result) {
  napi_status status = begin_call(env);
  if (status != napi_ok) return status;
  struct wrap *wrap = new_wrap(env, object, native, finalize, hint);
  napi_property_descriptor property = { .utf8name = WRAP_PROPERTY, .attributes = napi_writable | napi_configurable };
  status = napi_create_external(env, wrap, forget_wrap, NULL, &property.value);
  if (status != napi_ok) return status;
  status = NODE(napi_define_properties)(env, object, 1, &property);
  if (status != napi_ok || result == NULL) return status;
  status = napi_create_reference(env, object, 1, result);
  if (status == napi_ok) ((struct reference *)*result)->wrap = wrap;
  return status;
}

napi_status napi_unwrap(napi_env env, napi_value object, void **result) {
  napi_valuetype type;
  napi_value external;
  void *wrap;
  *result = NULL;
  if (engine.has_last_exception) return napi_pending_exception;
  napi_typeof(env, object, &type);
  if (type != napi_object && type != napi_function) return napi_object_expected;
  napi_status status = NODE(napi_get_named_property)(env, object, WRAP_PROPERTY, &external);
  if (status != napi_ok) return status;
  napi_typeof(env, external, &type);
  if (type != napi_external) return napi_ok;
  status = napi_get_value_external(env, external, &wrap);
  if (status == napi_ok) *result = ((struct wrap *)wrap)->native;
  return status;
}

/* ---- References: one more unref than refs is no error; deleting that of a wrap finalizes it ---- */

napi_status napi_create_reference(napi_env env, napi_value value, uint32_t count, napi_ref *result) {
  finalize_collected(env);
  struct reference *reference = calloc(1, sizeof *reference);
  reference->count = count;
  *result = (napi_ref)reference;
  return NODE(napi_create_reference)(env, value, count, &reference->node);
}

napi_status napi_delete_reference(napi_env env, napi_ref ref) {
  struct reference *reference = (struct reference *)ref;
  struct wrap *wrap = reference->wrap;
  napi_status status = NODE(napi_delete_reference)(env, reference->node);
  free(reference);
  if (wrap != NULL) finalize(env, wrap);
  return status;
}

napi_status napi_reference_ref(napi_env env, napi_ref ref, uint32_t *result) {
  struct reference *reference = (struct reference *)ref;
  reference->count++;
  return NODE(napi_reference_ref)(env, reference->node, result);
}

napi_status napi_reference_unref(napi_env env, napi_ref ref, uint32_t *result) {
  struct reference *reference = (struct reference *)ref;
  if (reference->count == 0) return napi_ok;
  reference->count--;
  return NODE(napi_reference_unref)(env, reference->node, result);
}

napi_status napi_get_reference_value(napi_env env, napi_ref ref, napi_value *result) {
  return NODE(napi_get_reference_value)(env, ((struct reference *)ref)->node, result);
}

/* ---- Functions and classes: nothing looks at the receiver ---- */

static struct callback *new_callback(napi_callback method, napi_callback getter, napi_callback setter, void *data) {
  struct callback *callback = malloc(sizeof *callback);
  *callback = (struct callback){ method, getter, setter, data, engine.callbacks };
  engine.callbacks = callback;
  return callback;
}

static struct callback *called(napi_env env, napi_callback_info info) {
  void *data = NULL;
  NODE(napi_get_cb_info)(env, info, NULL, NULL, NULL, &data);
  return data;
}

static napi_value from_javascript(napi_env env, napi_callback_info info, napi_callback function) {
  engine.depth++;
  napi_value result = function(env, info);
  engine.depth--;
  engine.has_last_exception = false;
  return result;
}

static napi_value run_method(napi_env env, napi_callback_info info) {
  return from_javascript(env, info, called(env, info)->method);
}

static napi_value run_getter(napi_env env, napi_callback_info info) {
  return from_javascript(env, info, called(env, info)->getter);
}

static napi_value run_setter(napi_env env, napi_callback_info info) {
  return from_javascript(env, info, called(env, info)->setter);
}

static napi_value run_constructor(napi_env env, napi_callback_info info) {
  napi_value target = NULL;
  napi_get_new_target(env, info, &target);
  if (target != NULL) return run_method(env, info);
  napi_throw_type_error(env, NULL, "class constructor cannot call");
  return NULL;
}

napi_status napi_get_cb_info(napi_env env, napi_callback_info info, size_t *count, napi_value *arguments, napi_value *this,
                             void **data) {
  napi_status status = NODE(napi_get_cb_info)(env, info, count, arguments, this, data);
  if (status == napi_ok && data != NULL) *data = ((struct callback *)*data)->data;
  return status;
}

/* The length is ignored: the name ends with a NUL. */
napi_status napi_create_function(napi_env env, const char *name, size_t length, napi_callback function, void *data,
                                 napi_value *result) {
  (void)length;
  napi_status status = begin_call(env);
  if (status != napi_ok) return status;
  struct callback *callback = new_callback(function, NULL, NULL, data);
  return NODE(napi_create_function)(env, name, NAPI_AUTO_LENGTH, run_method, callback, result);
}

static napi_status with_callbacks(napi_env env, const napi_property_descriptor *from, napi_property_descriptor *to) {
  *to = *from;
  to->attributes &= ~napi_static;
  to->method = NULL;
  if (from->method != NULL)
    return napi_create_function(env, from->utf8name, 0, from->method, from->data, &to->value);
  if (from->getter == NULL && from->setter == NULL) return napi_ok;
  to->getter = from->getter == NULL ? NULL : run_getter;
  to->setter = from->setter == NULL ? NULL : run_setter;
  to->data = new_callback(NULL, from->getter, from->setter, from->data);
  return napi_ok;
}

napi_status napi_define_properties(napi_env env, napi_value object, size_t count, const napi_property_descriptor *properties) {
  napi_status status = begin_call(env);
  for (size_t index = 0; index < count && status == napi_ok; index++) {
    napi_property_descriptor property;
    status = with_callbacks(env, &properties[index], &property);
    if (status == napi_ok) status = NODE(napi_define_properties)(env, object, 1, &property);
  }
  return status;
}

napi_status napi_define_class(napi_env env, const char *name, size_t length, napi_callback constructor, void *data,
                              size_t count, const napi_property_descriptor *properties, napi_value *result) {
  napi_status status = begin_call(env);
  if (status != napi_ok) return status;
  struct callback *callback = new_callback(constructor, NULL, NULL, data);
  status = NODE(napi_define_class)(env, name, length, run_constructor, callback, 0, NULL, result);
  if (status != napi_ok) return status;
  napi_value prototype;
  status = napi_get_named_property(env, *result, "prototype", &prototype);
  for (size_t index = 0; index < count && status == napi_ok; index++) {
    napi_value owner = properties[index].attributes & napi_static ? *result : prototype;
    status = napi_define_properties(env, owner, 1, &properties[index]);
  }
  return status;
}

/* ---- Properties ---- */

napi_status napi_get_named_property(napi_env env, napi_value object, const char *name, napi_value *result) {
  return BEGUN(env, napi_get_named_property, object, name, result);
}

/* Those of a message can be made to fail. */
napi_status napi_set_named_property(napi_env env, napi_value object, const char *name, napi_value value) {
  if (engine.failing_sets == 0 || strcmp(name, "message") != 0)
    return BEGUN(env, napi_set_named_property, object, name, value);
  engine.failing_sets--;
  return napi_generic_failure;
}

napi_status napi_get_property(napi_env env, napi_value object, napi_value key, napi_value *result) {
  return BEGUN(env, napi_get_property, object, key, result);
}

napi_status napi_set_property(napi_env env, napi_value object, napi_value key, napi_value value) {
  return BEGUN(env, napi_set_property, object, key, value);
}

napi_status napi_set_element(napi_env env, napi_value object, uint32_t index, napi_value value) {
  return BEGUN(env, napi_set_element, object, index, value);
}

napi_status napi_delete_property(napi_env env, napi_value object, napi_value key, bool *result) {
  return BEGUN(env, napi_delete_property, object, key, result);
}

napi_status napi_get_prototype(napi_env env, napi_value object, napi_value *result) {
  return BEGUN(env, napi_get_prototype, object, result);
}

/* ---- Strings: half a surrogate pair is written as three bytes, which are no UTF-8 ---- */

static size_t encode(uint32_t point, char bytes[4]) {
  if (point < 0x80) return bytes[0] = (char)point, 1;
  size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  for (size_t index = length - 1; index > 0; index--, point >>= 6) bytes[index] = (char)(0x80 | (point & 0x3F));
  bytes[0] = (char)((0xF0 << (4 - length)) | point);
  return length;
}

static bool is_pair(const uint16_t *units, size_t left) {
  return left > 1 && (units[0] & 0xFC00) == 0xD800 && (units[1] & 0xFC00) == 0xDC00;
}

/* Writes whole characters as long as there is room; all of them where `to` is null. Returns the number of bytes. */
static size_t write_utf8(const uint16_t *units, size_t count, char *to, size_t room) {
  size_t written = 0;
  for (size_t index = 0; index < count; index++) {
    uint32_t point = units[index];
    if (is_pair(&units[index], count - index)) {
      point = 0x10000 + ((point & 0x3FF) << 10) + (units[index + 1] & 0x3FF);
      index++;
    }
    char bytes[4];
    size_t length = encode(point, bytes);
    if (to != NULL && written + length > room) break;
    if (to != NULL) memcpy(to + written, bytes, length);
    written += length;
  }
  return written;
}

napi_status napi_get_value_string_utf8(napi_env env, napi_value value, char *to, size_t size, size_t *result) {
  size_t count;
  napi_status status = napi_get_value_string_utf16(env, value, NULL, 0, &count);
  if (status != napi_ok) return status;
  uint16_t *units = malloc((count + 1) * sizeof *units);
  status = napi_get_value_string_utf16(env, value, units, count + 1, &count);
  size_t written = to != NULL && size == 0 ? 0 : write_utf8(units, count, to, size - 1);
  free(units);
  if (to != NULL && size > 0) to[written] = '\0';
  if (result != NULL) *result = written;
  return status;
}

/* ---- Promises and calls: microtasks run inside, for each caller ---- */

napi_status napi_resolve_deferred(napi_env env, napi_deferred deferred, napi_value value) {
  napi_status status = BEGUN(env, napi_resolve_deferred, deferred, value);
  run_microtasks();
  return status;
}

/* Who is on the stack cannot have attached a handler yet: the phone tells of an unhandled rejection at once. */
napi_status napi_reject_deferred(napi_env env, napi_deferred deferred, napi_value reason) {
  if (engine.depth > 0) engine.rejected_on_stack++;
  napi_status status = BEGUN(env, napi_reject_deferred, deferred, reason);
  run_microtasks();
  return status;
}

static napi_status after_call(napi_status status) {
  if (engine.depth == 0 && status == napi_ok) run_microtasks();
  return status;
}

napi_status napi_call_function(napi_env env, napi_value this, napi_value function, size_t count, const napi_value *arguments,
                               napi_value *result) {
  napi_status status = after_call(BEGUN(env, napi_call_function, this, function, count, arguments, result));
  finalize_collected(env);
  return status;
}

napi_status napi_new_instance(napi_env env, napi_value constructor, size_t count, const napi_value *arguments,
                              napi_value *result) {
  return after_call(BEGUN(env, napi_new_instance, constructor, count, arguments, result));
}

/* ---- Exceptions: nothing but Errors; one that was reported stays pending, as on Workers before 5.1; one can be stored that is
 * not pending, and lets calls fail until it is asked for ---- */

static bool is_error(napi_env env, napi_value value) {
  bool result = false;
  return napi_is_error(env, value, &result) == napi_ok && result;
}

napi_status napi_throw(napi_env env, napi_value error) {
  return is_error(env, error) ? NODE(napi_throw)(env, error) : napi_invalid_arg;
}

/* Where none is pending, the result is left as it was. */
napi_status napi_get_and_clear_last_exception(napi_env env, napi_value *result) {
  bool pending = false;
  engine.has_last_exception = false;
  napi_is_exception_pending(env, &pending);
  return pending ? NODE(napi_get_and_clear_last_exception)(env, result) : napi_ok;
}

napi_status napi_fatal_exception(napi_env env, napi_value error) {
  if (!is_error(env, error)) return napi_invalid_arg;
  napi_status status = NODE(napi_fatal_exception)(env, error);
  NODE(napi_throw)(env, error);
  return status;
}

napi_status napi_coerce_to_string(napi_env env, napi_value value, napi_value *result) {
  finalize_collected(env);
  napi_status status = NODE(napi_coerce_to_string)(env, value, result);
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  return pending ? napi_get_undefined(env, result) : status;
}

/* Errors have no stack where no JavaScript runs. */
napi_status napi_create_error(napi_env env, napi_value code, napi_value message, napi_value *result) {
  finalize_collected(env);
  napi_status status = NODE(napi_create_error)(env, code, message, result);
  napi_value stack;
  if (status != napi_ok || engine.depth > 0) return status;
  status = NODE(napi_create_string_utf8)(env, "", 0, &stack);
  return status == napi_ok ? NODE(napi_set_named_property)(env, *result, "stack", stack) : status;
}

/* ---- Turns: an exception that somebody left may be there when one begins ---- */

struct turn {
  napi_threadsafe_function_call_js run;
  void *context;
};

static void run_turn(napi_env env, napi_value function, void *context, void *data) {
  struct turn *turn = context;
  napi_value left = NULL;
  if (env != NULL && engine.left_exception != NULL) {
    NODE(napi_get_reference_value)(env, engine.left_exception, &left);
    NODE(napi_delete_reference)(env, engine.left_exception);
    engine.left_exception = NULL;
    NODE(napi_throw)(env, left);
  }
  if (env != NULL && engine.leaves_last_exception) {
    engine.leaves_last_exception = false;
    engine.has_last_exception = true;
  }
  turn->run(env, function, turn->context, data);
  bool pending = false;
  if (env != NULL) napi_is_exception_pending(env, &pending);
  engine.turns_left_pending += pending || engine.has_last_exception;
}

napi_status napi_create_threadsafe_function(napi_env env, napi_value function, napi_value resource, napi_value name,
                                            size_t size, size_t threads, void *finalize_data, napi_finalize finalize,
                                            void *context, napi_threadsafe_function_call_js run,
                                            napi_threadsafe_function *result) {
  struct turn *turn = malloc(sizeof *turn);
  *turn = (struct turn){ run, context };
  return NODE(napi_create_threadsafe_function)(env, function, resource, name, size, threads, finalize_data, finalize, turn,
                                               run_turn, result);
}

/* ---- Allocating calls ---- */

napi_status napi_create_object(napi_env env, napi_value *result) {
  finalize_collected(env);
  return NODE(napi_create_object)(env, result);
}

napi_status napi_create_array_with_length(napi_env env, size_t length, napi_value *result) {
  finalize_collected(env);
  return NODE(napi_create_array_with_length)(env, length, result);
}

napi_status napi_create_string_utf8(napi_env env, const char *text, size_t length, napi_value *result) {
  finalize_collected(env);
  return NODE(napi_create_string_utf8)(env, text, length, result);
}

napi_status napi_create_promise(napi_env env, napi_deferred *deferred, napi_value *promise) {
  return BEGUN(env, napi_create_promise, deferred, promise);
}

/* Where there is no memory for it, a buffer has none, and the call succeeds. */
napi_status napi_create_arraybuffer(napi_env env, size_t length, void **data, napi_value *result) {
  napi_status status = begin_call(env);
  if (status != napi_ok) return status;
  if (length == 0 || engine.failing_buffers == 0) return NODE(napi_create_arraybuffer)(env, length, data, result);
  engine.failing_buffers--;
  status = NODE(napi_create_arraybuffer)(env, 0, data, result);
  *data = NULL;
  return status;
}

/* ---- Views ---- */

static size_t element_size(napi_typedarray_type type) {
  static const size_t SIZES[] = { 1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8 };
  return SIZES[type];
}

/* The length is in bytes. */
napi_status napi_get_typedarray_info(napi_env env, napi_value array, napi_typedarray_type *type, size_t *length, void **data,
                                     napi_value *buffer, size_t *offset) {
  napi_typedarray_type own_type;
  napi_status status = NODE(napi_get_typedarray_info)(env, array, &own_type, length, data, buffer, offset);
  if (status == napi_ok && type != NULL) *type = own_type;
  if (status == napi_ok && length != NULL) *length *= element_size(own_type);
  return status;
}

/* Asking for the bytes of a buffer that was detached ends the process. */
napi_status napi_get_dataview_info(napi_env env, napi_value view, size_t *length, void **data, napi_value *buffer,
                                   size_t *offset) {
  napi_value own_buffer;
  napi_status status = NODE(napi_get_dataview_info)(env, view, length, data, &own_buffer, offset);
  if (status != napi_ok) return status;
  if (buffer != NULL) *buffer = own_buffer;
  bool is_detached = false;
  napi_is_detached_arraybuffer(env, own_buffer, &is_detached);
  if (data == NULL || !is_detached) return status;
  fputs("napi_get_dataview_info was asked for the bytes of a detached buffer\n", stderr);
  abort();
}

/* ---- What tests see of it: the hidden global `phoneEngine` ---- */

static napi_value number(napi_env env, uint32_t value) {
  napi_value result = NULL;
  napi_create_uint32(env, value, &result);
  return result;
}

static napi_value rejected_on_stack(napi_env env, napi_callback_info info) {
  (void)info;
  return number(env, engine.rejected_on_stack);
}

static napi_value finalized_in_calls(napi_env env, napi_callback_info info) {
  (void)info;
  return number(env, engine.finalized_in_calls);
}

static napi_value turns_left_pending(napi_env env, napi_callback_info info) {
  (void)info;
  return number(env, engine.turns_left_pending);
}

static napi_value argument(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value value = NULL;
  NODE(napi_get_cb_info)(env, info, &count, &value, NULL, NULL);
  return value;
}

static napi_value leave_exception(napi_env env, napi_callback_info info) {
  NODE(napi_create_reference)(env, argument(env, info), 1, &engine.left_exception);
  return NULL;
}

/* How many failures of those asked for before are still to come. */
static napi_value fail(napi_env env, napi_callback_info info, uint32_t *failing) {
  napi_value left = number(env, *failing);
  napi_get_value_uint32(env, argument(env, info), failing);
  return left;
}

static napi_value fail_buffers(napi_env env, napi_callback_info info) {
  return fail(env, info, &engine.failing_buffers);
}

static napi_value fail_sets(napi_env env, napi_callback_info info) {
  return fail(env, info, &engine.failing_sets);
}

/* As `leaveException`, but one that is not pending any more. */
static napi_value leave_last(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  engine.leaves_last_exception = true;
  return NULL;
}

static void show_to_tests(napi_env env) {
  const napi_property_descriptor members[] = {
    { .utf8name = "rejectedOnStack", .method = rejected_on_stack },
    { .utf8name = "finalizedInCalls", .method = finalized_in_calls },
    { .utf8name = "turnsLeftPending", .method = turns_left_pending },
    { .utf8name = "leaveException", .method = leave_exception },
    { .utf8name = "leaveLast", .method = leave_last },
    { .utf8name = "failBuffers", .method = fail_buffers },
    { .utf8name = "failSets", .method = fail_sets },
  };
  napi_value global;
  napi_property_descriptor property = { .utf8name = "phoneEngine", .attributes = napi_configurable };
  NODE(napi_create_object)(env, &property.value);
  NODE(napi_define_properties)(env, property.value, sizeof members / sizeof *members, members);
  napi_get_global(env, &global);
  NODE(napi_define_properties)(env, global, 1, &property);
}

/* ---- The environment's beginning and end ---- */

static napi_addon_register_func initialise_module;

/* Runs after the module's own hooks, which were added later, and before Node runs finalizers, which the phone does not. */
static void end_environment(void *data) {
  (void)data;
  engine.has_ended = true;
  for (struct callback *callback = engine.callbacks, *next; callback != NULL; callback = next) {
    next = callback->next;
    free(callback);
  }
}

static napi_value begin_environment(napi_env env, napi_value exports) {
  napi_add_env_cleanup_hook(env, end_environment, NULL);
  watch_collector();
  show_to_tests(env);
  engine.depth++;
  napi_value result = initialise_module(env, exports);
  engine.depth--;
  engine.has_last_exception = false;
  return result;
}

/* Found by Node where the library is loaded still, so that no constructor of its own registers it; and by the library, which has
 * a function of this name. */
napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  return begin_environment(env, exports);
}

void napi_module_register(napi_module *module) {
  static napi_module registered;
  registered = *module;
  bool is_ours = module->nm_register_func == napi_register_module_v1;
  initialise_module = is_ours ? dlsym(RTLD_NEXT, "napi_register_module_v1") : module->nm_register_func;
  registered.nm_register_func = begin_environment;
  NODE(napi_module_register)(&registered);
}
