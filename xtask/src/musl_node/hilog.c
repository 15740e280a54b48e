// The phone's log, on standard error. Callers pass "%{public}s" and one string.
#include <stdarg.h>

int dprintf(int file, const char *format, ...);
int strcmp(const char *one, const char *other);

int OH_LOG_Print(int type, int level, unsigned domain, const char *tag, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const char *text = strcmp(format, "%{public}s") == 0 ? va_arg(arguments, const char *) : format;
  va_end(arguments);
  return dprintf(2, "%s: %s\n", tag, text);
}

int OH_LOG_IsLoggable(unsigned domain, const char *tag, int level) { return 1; }
