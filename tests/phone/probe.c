/* A module that makes the Node-API calls of which `engine.c` answers some itself, for `engine.test.mjs`. */
#include "node_api.h"
#include <stdatomic.h>
#include <string.h>

enum { MOST_ARGUMENTS = 2, MOST_BYTES = 64 };

/* What another module wraps need not be memory: reading it ends the process. */
#define NATIVE ((void *)8)

/* Of all threads. */
static atomic_uint finalized;

static napi_value arguments_of(napi_env env, napi_callback_info info, napi_value *arguments) {
  size_t count = MOST_ARGUMENTS;
  napi_value receiver;
  napi_get_cb_info(env, info, &count, arguments, &receiver, NULL);
  return receiver;
}

static napi_value argument(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  arguments_of(env, info, arguments);
  return arguments[0];
}

static napi_value number(napi_env env, uint32_t value) {
  napi_value result = NULL;
  napi_create_uint32(env, value, &result);
  return result;
}

/* The status of a call, and 100 more if it left an exception, which is taken. */
static napi_value status_of(napi_env env, napi_status status) {
  bool pending = false;
  napi_value exception;
  napi_is_exception_pending(env, &pending);
  if (pending) napi_get_and_clear_last_exception(env, &exception);
  return number(env, status + (pending ? 100 : 0));
}

/* ---- Wraps ---- */

static void count_finalized(napi_env env, void *native, void *hint) {
  (void)env, (void)native, (void)hint;
  finalized++;
}

/* Drops the reference that a wrap is handed out with, if there is one, unless the first argument is an object. */
static napi_value construct(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  napi_ref reference;
  napi_valuetype type;
  napi_value receiver = arguments_of(env, info, arguments);
  napi_wrap(env, receiver, NATIVE, count_finalized, NULL, &reference);
  napi_typeof(env, arguments[0], &type);
  if (type != napi_object) napi_reference_unref(env, reference, NULL);
  return receiver;
}

static napi_value ignore_receiver(napi_env env, napi_callback_info info) {
  (void)info;
  return number(env, 1);
}

/* The status, and 1000 more if there is something. */
static napi_value unwrap(napi_env env, napi_callback_info info) {
  void *native = NULL;
  napi_status status = napi_unwrap(env, argument(env, info), &native);
  return number(env, status + (native != NULL ? 1000 : 0));
}

static napi_value finalized_so_far(napi_env env, napi_callback_info info) {
  (void)info;
  return number(env, finalized);
}

/* Wraps an object, and deletes its reference: what is finalized meanwhile. */
static napi_value delete_reference(napi_env env, napi_callback_info info) {
  napi_ref reference;
  unsigned before = finalized;
  napi_wrap(env, argument(env, info), NATIVE, count_finalized, NULL, &reference);
  napi_delete_reference(env, reference);
  return number(env, finalized - before);
}

/* Drops one reference more than there are. */
static napi_value unreference(napi_env env, napi_callback_info info) {
  napi_ref reference;
  napi_create_reference(env, argument(env, info), 0, &reference);
  return number(env, napi_reference_unref(env, reference, NULL));
}

/* ---- Calls that may allocate, with a function ---- */

typedef void allocating_call(napi_env, napi_value function);

static void create_object(napi_env env, napi_value function) {
  (void)function;
  napi_value object;
  napi_create_object(env, &object);
}

static void create_function(napi_env env, napi_value function) {
  napi_create_function(env, "created", NAPI_AUTO_LENGTH, ignore_receiver, NULL, &function);
}

static void create_reference(napi_env env, napi_value function) {
  napi_ref reference;
  napi_create_reference(env, function, 0, &reference);
}

static void wrap(napi_env env, napi_value function) {
  napi_wrap(env, function, NATIVE, count_finalized, NULL, NULL);
}

static void get_property(napi_env env, napi_value function) {
  napi_get_named_property(env, function, "name", &function);
}

static void set_property(napi_env env, napi_value function) {
  napi_set_named_property(env, function, "set", function);
}

static void define_property(napi_env env, napi_value function) {
  const napi_property_descriptor property = { .utf8name = "defined", .value = function };
  napi_define_properties(env, function, 1, &property);
}

static void call_function(napi_env env, napi_value function) {
  napi_call_function(env, function, function, 0, NULL, NULL);
}

/* How many are finalized in a call, by its number, with a function. */
static napi_value allocate(napi_env env, napi_callback_info info) {
  static allocating_call *const CALLS[] = { create_object, create_function, create_reference, wrap,
                                            get_property,  set_property,    define_property,  call_function };
  napi_value arguments[MOST_ARGUMENTS];
  uint32_t call = 0;
  arguments_of(env, info, arguments);
  napi_get_value_uint32(env, arguments[0], &call);
  unsigned before = finalized;
  CALLS[call](env, arguments[1]);
  return number(env, finalized - before);
}

/* ---- Values ---- */

static napi_value utf8(napi_env env, napi_callback_info info) {
  char bytes[MOST_BYTES];
  size_t length = 0;
  void *data;
  napi_value buffer = NULL;
  napi_get_value_string_utf8(env, argument(env, info), bytes, sizeof bytes, &length);
  napi_create_arraybuffer(env, length, &data, &buffer);
  memcpy(data, bytes, length);
  return buffer;
}

/* The length of the text, as asked for without and with room for two bytes of it: hundreds and units. */
static napi_value utf8_lengths(napi_env env, napi_callback_info info) {
  char bytes[3];
  size_t whole = 0, part = 0;
  napi_get_value_string_utf8(env, argument(env, info), NULL, 0, &whole);
  napi_get_value_string_utf8(env, argument(env, info), bytes, sizeof bytes, &part);
  return number(env, (uint32_t)(100 * whole + part));
}

static napi_value coerce(napi_env env, napi_callback_info info) {
  napi_value text;
  return status_of(env, napi_coerce_to_string(env, argument(env, info), &text));
}

static napi_value typed_array_length(napi_env env, napi_callback_info info) {
  size_t length = 0;
  napi_get_typedarray_info(env, argument(env, info), NULL, &length, NULL, NULL, NULL);
  return number(env, (uint32_t)length);
}

static napi_value data_view_bytes(napi_env env, napi_callback_info info) {
  void *data = NULL;
  return number(env, napi_get_dataview_info(env, argument(env, info), NULL, &data, NULL, NULL));
}

static napi_value buffer_status(napi_env env, napi_callback_info info) {
  (void)info;
  void *data = NULL;
  napi_value buffer;
  napi_status status = napi_create_arraybuffer(env, 1, &data, &buffer);
  return number(env, status + (data != NULL ? 1000 : 0));
}

static napi_value short_named(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value function = NULL;
  napi_create_function(env, "abcdef", 3, ignore_receiver, NULL, &function);
  return function;
}

/* ---- Promises, calls, exceptions ---- */

static napi_value resolve(napi_env env, napi_callback_info info) {
  napi_deferred deferred;
  napi_value promise;
  napi_create_promise(env, &deferred, &promise);
  napi_resolve_deferred(env, deferred, argument(env, info));
  return promise;
}

static napi_value reject(napi_env env, napi_callback_info info) {
  napi_deferred deferred;
  napi_value promise;
  napi_create_promise(env, &deferred, &promise);
  napi_reject_deferred(env, deferred, argument(env, info));
  return promise;
}

static napi_value throw_value(napi_env env, napi_callback_info info) {
  return status_of(env, napi_throw(env, argument(env, info)));
}

static napi_value fatal(napi_env env, napi_callback_info info) {
  return status_of(env, napi_fatal_exception(env, argument(env, info)));
}

static napi_value call(napi_env env, napi_callback_info info) {
  napi_value function = argument(env, info);
  napi_call_function(env, function, function, 0, NULL, NULL);
  return NULL;
}

/* ---- Turns ---- */

static _Thread_local napi_ref called_in_turn;
static _Thread_local napi_threadsafe_function doorbell;

/* The status of a call, 100 more if an exception is pending, which is taken, and 1000 more if taking it gives a value. */
static uint32_t exception_found(napi_env env, napi_value function) {
  bool pending = false;
  napi_value name, exception = NULL;
  napi_status status = napi_get_named_property(env, function, "name", &name);
  napi_is_exception_pending(env, &pending);
  napi_get_and_clear_last_exception(env, &exception);
  return status + (pending ? 100 : 0) + (exception != NULL ? 1000 : 0);
}

/* Calls the function twice: with what there was of an exception before, and with an Error made just then. */
static void run_turn(napi_env env, napi_value none, void *context, void *data) {
  (void)none, (void)context, (void)data;
  napi_value function, message, arguments[2];
  /* The function may ask for another turn. */
  napi_ref called = called_in_turn;
  napi_threadsafe_function rung = doorbell;
  napi_get_reference_value(env, called, &function);
  arguments[0] = number(env, exception_found(env, function));
  napi_create_string_utf8(env, "made in a turn", NAPI_AUTO_LENGTH, &message);
  napi_create_error(env, NULL, message, &arguments[1]);
  for (int time = 0; time < 2; time++) napi_call_function(env, function, function, 2, arguments, NULL);
  napi_release_threadsafe_function(rung, 0);
  napi_delete_reference(env, called);
}

static napi_value in_turn(napi_env env, napi_callback_info info) {
  napi_value name;
  napi_create_reference(env, argument(env, info), 1, &called_in_turn);
  napi_create_string_utf8(env, "probe", NAPI_AUTO_LENGTH, &name);
  napi_create_threadsafe_function(env, NULL, NULL, name, 0, 1, NULL, NULL, NULL, run_turn, &doorbell);
  napi_call_threadsafe_function(doorbell, NULL, 0);
  return NULL;
}

/* ---- The module ---- */

static void export_class(napi_env env, napi_value exports) {
  const napi_property_descriptor members[] = {
    { .utf8name = "method", .method = ignore_receiver },
    { .utf8name = "getter", .getter = ignore_receiver },
  };
  napi_value class;
  napi_define_class(env, "Thing", NAPI_AUTO_LENGTH, construct, NULL, 2, members, &class);
  napi_set_named_property(env, exports, "Thing", class);
}

static napi_value initialise(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
    { .utf8name = "unwrap", .method = unwrap },
    { .utf8name = "finalized", .method = finalized_so_far },
    { .utf8name = "deleteReference", .method = delete_reference },
    { .utf8name = "unreference", .method = unreference },
    { .utf8name = "allocate", .method = allocate },
    { .utf8name = "utf8", .method = utf8 },
    { .utf8name = "utf8Lengths", .method = utf8_lengths },
    { .utf8name = "coerce", .method = coerce },
    { .utf8name = "typedArrayLength", .method = typed_array_length },
    { .utf8name = "dataViewBytes", .method = data_view_bytes },
    { .utf8name = "bufferStatus", .method = buffer_status },
    { .utf8name = "shortNamed", .method = short_named },
    { .utf8name = "resolve", .method = resolve },
    { .utf8name = "reject", .method = reject },
    { .utf8name = "throwValue", .method = throw_value },
    { .utf8name = "fatal", .method = fatal },
    { .utf8name = "call", .method = call },
    { .utf8name = "inTurn", .method = in_turn },
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  export_class(env, exports);
  return exports;
}

__attribute__((constructor)) static void load(void) {
  static napi_module module = { .nm_version = 1, .nm_register_func = initialise, .nm_modname = "probe" };
  napi_module_register(&module);
}
