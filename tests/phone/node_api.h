/* What the C files here need of Node-API: its headers are not installed everywhere where Node is. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAPI_AUTO_LENGTH SIZE_MAX

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_ref__ *napi_ref;
typedef struct napi_deferred__ *napi_deferred;
typedef struct napi_handle_scope__ *napi_handle_scope;
typedef struct napi_callback_info__ *napi_callback_info;
typedef struct napi_threadsafe_function__ *napi_threadsafe_function;

typedef enum {
  napi_ok = 0,
  napi_invalid_arg = 1,
  napi_object_expected = 2,
  napi_generic_failure = 9,
  napi_pending_exception = 10,
} napi_status;

typedef enum { napi_object = 6, napi_function = 7, napi_external = 8 } napi_valuetype;
typedef enum { napi_writable = 1, napi_configurable = 4, napi_static = 1024 } napi_property_attributes;
typedef unsigned napi_typedarray_type;

typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
typedef void (*napi_finalize)(napi_env, void *data, void *hint);
typedef napi_value (*napi_addon_register_func)(napi_env, napi_value exports);
typedef void (*napi_threadsafe_function_call_js)(napi_env, napi_value function, void *context, void *data);

typedef struct {
  const char *utf8name;
  napi_value name;
  napi_callback method, getter, setter;
  napi_value value;
  int attributes;
  void *data;
} napi_property_descriptor;

typedef struct {
  int nm_version;
  unsigned nm_flags;
  const char *nm_filename;
  napi_addon_register_func nm_register_func;
  const char *nm_modname;
  void *nm_priv;
  void *reserved[4];
} napi_module;

void napi_module_register(napi_module *);
napi_status napi_add_env_cleanup_hook(napi_env, void (*hook)(void *), void *data);

napi_status napi_typeof(napi_env, napi_value, napi_valuetype *);
napi_status napi_get_undefined(napi_env, napi_value *);
napi_status napi_get_global(napi_env, napi_value *);
napi_status napi_create_uint32(napi_env, uint32_t, napi_value *);
napi_status napi_get_value_uint32(napi_env, napi_value, uint32_t *);
napi_status napi_create_object(napi_env, napi_value *);
napi_status napi_create_array_with_length(napi_env, size_t, napi_value *);
napi_status napi_create_string_utf8(napi_env, const char *, size_t length, napi_value *);
napi_status napi_get_value_string_utf8(napi_env, napi_value, char *, size_t size, size_t *length);
napi_status napi_get_value_string_utf16(napi_env, napi_value, uint16_t *, size_t size, size_t *length);
napi_status napi_coerce_to_string(napi_env, napi_value, napi_value *);
napi_status napi_create_external(napi_env, void *, napi_finalize, void *hint, napi_value *);
napi_status napi_get_value_external(napi_env, napi_value, void **);

napi_status napi_get_named_property(napi_env, napi_value, const char *, napi_value *);
napi_status napi_set_named_property(napi_env, napi_value, const char *, napi_value);
napi_status napi_get_property(napi_env, napi_value, napi_value key, napi_value *);
napi_status napi_set_property(napi_env, napi_value, napi_value key, napi_value);
napi_status napi_set_element(napi_env, napi_value, uint32_t index, napi_value);
napi_status napi_delete_property(napi_env, napi_value, napi_value key, bool *);
napi_status napi_get_prototype(napi_env, napi_value, napi_value *);
napi_status napi_define_properties(napi_env, napi_value, size_t, const napi_property_descriptor *);
napi_status napi_define_class(napi_env, const char *, size_t length, napi_callback, void *data, size_t,
                              const napi_property_descriptor *, napi_value *);
napi_status napi_new_instance(napi_env, napi_value, size_t, const napi_value *, napi_value *);
napi_status napi_wrap(napi_env, napi_value, void *native, napi_finalize, void *hint, napi_ref *);
napi_status napi_unwrap(napi_env, napi_value, void **);

napi_status napi_create_function(napi_env, const char *, size_t length, napi_callback, void *data, napi_value *);
napi_status napi_call_function(napi_env, napi_value receiver, napi_value function, size_t, const napi_value *, napi_value *);
napi_status napi_get_cb_info(napi_env, napi_callback_info, size_t *, napi_value *, napi_value *receiver, void **data);
napi_status napi_get_new_target(napi_env, napi_callback_info, napi_value *);

napi_status napi_create_reference(napi_env, napi_value, uint32_t count, napi_ref *);
napi_status napi_delete_reference(napi_env, napi_ref);
napi_status napi_reference_ref(napi_env, napi_ref, uint32_t *);
napi_status napi_reference_unref(napi_env, napi_ref, uint32_t *);
napi_status napi_get_reference_value(napi_env, napi_ref, napi_value *);
napi_status napi_open_handle_scope(napi_env, napi_handle_scope *);
napi_status napi_close_handle_scope(napi_env, napi_handle_scope);

napi_status napi_create_promise(napi_env, napi_deferred *, napi_value *);
napi_status napi_resolve_deferred(napi_env, napi_deferred, napi_value);
napi_status napi_reject_deferred(napi_env, napi_deferred, napi_value);

napi_status napi_create_error(napi_env, napi_value code, napi_value message, napi_value *);
napi_status napi_is_error(napi_env, napi_value, bool *);
napi_status napi_throw(napi_env, napi_value);
napi_status napi_throw_type_error(napi_env, const char *code, const char *message);
napi_status napi_fatal_exception(napi_env, napi_value);
napi_status napi_is_exception_pending(napi_env, bool *);
napi_status napi_get_and_clear_last_exception(napi_env, napi_value *);

napi_status napi_create_arraybuffer(napi_env, size_t, void **data, napi_value *);
napi_status napi_is_detached_arraybuffer(napi_env, napi_value, bool *);
napi_status napi_get_typedarray_info(napi_env, napi_value, napi_typedarray_type *, size_t *length, void **data,
                                     napi_value *buffer, size_t *offset);
napi_status napi_get_dataview_info(napi_env, napi_value, size_t *length, void **data, napi_value *buffer, size_t *offset);

napi_status napi_create_threadsafe_function(napi_env, napi_value function, napi_value resource, napi_value name, size_t size,
                                            size_t threads, void *finalize_data, napi_finalize, void *context,
                                            napi_threadsafe_function_call_js, napi_threadsafe_function *);
napi_status napi_call_threadsafe_function(napi_threadsafe_function, void *data, int mode);
napi_status napi_release_threadsafe_function(napi_threadsafe_function, int mode);
