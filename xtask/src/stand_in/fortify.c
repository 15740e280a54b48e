// Debian's libunwind.a is built for glibc with checked printing; musl has the unchecked functions.
#include <stdarg.h>

int vfprintf(void *, const char *, va_list);
int vsnprintf(char *, __SIZE_TYPE__, const char *, va_list);

__attribute__((visibility("hidden"))) int __vfprintf_chk(void *file, int flag, const char *format,
                                                         va_list arguments) {
  return vfprintf(file, format, arguments);
}

__attribute__((visibility("hidden"))) int __vsnprintf_chk(char *to, __SIZE_TYPE__ size, int flag,
                                                          __SIZE_TYPE__ room, const char *format,
                                                          va_list arguments) {
  return vsnprintf(to, size, format, arguments);
}
