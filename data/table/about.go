package table

import "strconv"

// About tells a row from any other of its Id: its labels and its split. Of an Id
// that has no row it tells nothing.
func About(rows []Row) func(id string) string {
	at := make(map[string]int, len(rows))
	for i, r := range rows {
		at[r.ID] = i
	}
	return func(id string) string {
		i, known := at[id]
		if !known {
			return ""
		}
		text := "-"
		if r := rows[i]; r.Labeled {
			text = r.Labels.String()
		}
		return strconv.Quote(text + "," + rows[i].Split)
	}
}
