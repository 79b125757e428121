package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"time"
)

func main() {
	c := config{Secret: os.Getenv("APP_CLIENT_SECRET")}
	listen := flag.String("listen", "127.0.0.1:3000", "where the app listens")
	flag.StringVar(&c.Issuer, "issuer", "http://127.0.0.1:8080", "Usher's public URL")
	flag.StringVar(&c.ClientID, "client-id", "", "the app's client id at Usher; its secret is taken from APP_CLIENT_SECRET")
	flag.StringVar(&c.URL, "url", "http://127.0.0.1:3000", "the app's own URL")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, c, *listen); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, c config, listen string) error {
	a, err := newApp(ctx, c)
	if err != nil {
		return fmt.Errorf("%s is no OpenID Provider that answers: %w", c.Issuer, err)
	}
	server := &http.Server{Addr: listen, Handler: a, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	log.Printf("open %s", c.URL)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
