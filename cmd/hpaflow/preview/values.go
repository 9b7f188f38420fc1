package preview

import (
	"fmt"
	"reflect"
	"strings"
)

// Bounds of what is told of a value.
const (
	mostFields   = 12
	mostElements = 6
)

// describe tells a value of any type in a line, without looking at all of it.
func describe(value any) string {
	v := reflect.ValueOf(value)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return brief(v)
	}
	var parts []string
	for i := 0; i < v.NumField() && len(parts) < mostFields; i++ {
		if f := v.Type().Field(i); f.IsExported() {
			if told := brief(v.Field(i)); told != "" {
				parts = append(parts, f.Name+" "+told)
			}
		}
	}
	return strings.Join(parts, ", ")
}

// brief is a value without what is below it; empty of one that is not set.
func brief(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return fmt.Sprint(v)
	case reflect.Float32, reflect.Float64:
		return fmt.Sprintf("%.4g", v.Float())
	case reflect.String:
		return v.String()
	case reflect.Slice, reflect.Array:
		var parts []string
		for i := range min(v.Len(), mostElements) {
			switch v.Index(i).Kind() {
			case reflect.Slice, reflect.Array, reflect.Struct, reflect.Map, reflect.Pointer, reflect.Interface:
				return fmt.Sprintf("of %d", v.Len())
			}
			parts = append(parts, brief(v.Index(i)))
		}
		if v.Len() > mostElements {
			parts = append(parts, fmt.Sprintf("… of %d", v.Len()))
		}
		return strings.Join(parts, " ")
	case reflect.Map:
		return fmt.Sprintf("of %d", v.Len())
	}
	return ""
}
