package httpd

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
)

// Bind reads a form into a struct of strings and string slices tagged `form:"name"`. Texts are trimmed; what they mean is
// for the handler to say, so that a fault is named at its field.
func Bind(c echo.Context, form any) error {
	r := c.Request()
	if err := parseForm(r); err != nil {
		return err
	}
	v := reflect.ValueOf(form).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("form")
		if name == "" {
			continue
		}
		switch f := v.Field(i); f.Interface().(type) {
		case string:
			f.SetString(strings.TrimSpace(r.Form.Get(name)))
		case []string:
			f.Set(reflect.ValueOf(r.Form[name]))
		case bool:
			f.SetBool(r.Form.Get(name) != "")
		default:
			return fmt.Errorf("form field %s: kind %s is not bound", name, f.Kind())
		}
	}
	return nil
}

const formMemory = 1 << 20 // larger files of a form go to temporary files

func parseForm(r *http.Request) error {
	var err error
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		err = r.ParseMultipartForm(formMemory)
	} else {
		err = r.ParseForm()
	}
	if err != nil {
		return fmt.Errorf("read form: %w", errs.New(normalise(err).Code, normalise(err).Message.Key).Because(err))
	}
	return nil
}

// File reads an uploaded file; ok is false when none was chosen.
func File(c echo.Context, name string, max int64) (filename string, data []byte, ok bool, err error) {
	if err := parseForm(c.Request()); err != nil {
		return "", nil, false, err
	}
	f, h, err := c.Request().FormFile(name)
	if err != nil {
		return "", nil, false, nil // no such part: nothing was chosen
	}
	defer f.Close()
	if h.Size > max {
		return h.Filename, nil, true, errs.New(errs.TooLarge, "error.too_large", "Max", megabytes(max))
	}
	if data, err = io.ReadAll(f); err != nil {
		return h.Filename, nil, true, fmt.Errorf("read upload: %w", err)
	}
	return h.Filename, data, h.Filename != "" || len(data) > 0, nil
}

// ID reads a number from the path; anything else is a missing page.
func ID(c echo.Context, name string) (int64, error) {
	id, err := strconv.ParseInt(c.Param(name), 10, 64)
	if err != nil || id <= 0 {
		return 0, errs.Missing()
	}
	return id, nil
}

// PageRequest reads the paging of a list: after, before, size.
func PageRequest(c echo.Context) page.Request {
	size, _ := strconv.Atoi(c.QueryParam("size")) // a bad number is the default size
	return page.Request{Size: size, After: c.QueryParam("after"), Before: c.QueryParam("before")}
}

// FieldError translates what is wrong with a field, "" when nothing is.
func FieldError(c echo.Context, err error, field string) string {
	m, ok := errs.FieldsOf(err)[field]
	if !ok {
		return ""
	}
	return PrinterOf(c).M(m)
}

// LocalTime reads the value of a datetime-local input in the reader's zone.
func LocalTime(c echo.Context, value string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, value, ZoneOf(c)); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errs.New(errs.Invalid, "error.datetime")
}

// InputTime writes an instant for a datetime-local input in the reader's zone.
func InputTime(c echo.Context, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(ZoneOf(c)).Format("2006-01-02T15:04")
}
