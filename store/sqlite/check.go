package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Check examines the file: its structure, and that its schema is one that this binary works with. It reads the whole
// file.
func (s *Store) Check(ctx context.Context) error { return examine(ctx, s.read, s.path) }

func examine(ctx context.Context, db *sql.DB, path string) error {
	if err := migrations.Check(ctx, db); err != nil {
		return fmt.Errorf("sqlite: %s: %w", path, err)
	}
	rows, err := db.QueryContext(ctx, `PRAGMA quick_check(10)`)
	if err != nil {
		return fmt.Errorf("sqlite: %s: %w", path, err)
	}
	defer rows.Close()
	var faults []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		if text != "ok" {
			faults = append(faults, text)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("sqlite: %s: %w", path, err)
	}
	if len(faults) > 0 {
		return fmt.Errorf("sqlite: %s is damaged: %s", path, strings.Join(faults, "; "))
	}
	return nil
}
