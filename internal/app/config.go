// Package app is the composition root: it reads the configuration, opens the database, builds every service once, mounts the
// routes, and starts and stops everything in one visible order. It imports all features; nothing imports it but main.
package app

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/fugong/fugong/internal/platform/localpg"
	"github.com/fugong/fugong/internal/platform/secret/redact"
	"github.com/fugong/fugong/internal/platform/webhook"
)

// Secret is a setting that is never printed.
type Secret string

// String hides the value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// LogValue hides the value from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Config is every setting of the program, by flag or environment.
type Config struct {
	Data        string        `env:"FUGONG_DATA" type:"path" help:"Folder of the private database and the keys. Default: a folder of the user's own."`
	Listen      string        `env:"FUGONG_LISTEN" default:"127.0.0.1:8022" help:"Address to serve on."`
	BaseURL     string        `env:"FUGONG_BASE_URL" help:"Address that people open, used in links. Default: http:// and the listen address."`
	DatabaseURL Secret        `env:"FUGONG_DATABASE_URL" help:"PostgreSQL to use in place of the private one, as its owner."`
	DirectURL   Secret        `env:"FUGONG_DIRECT_DATABASE_URL" help:"The same database without a pooler, as its owner; set it when FUGONG_DATABASE_URL leads through one."`
	ReadURL     Secret        `env:"FUGONG_READ_DATABASE_URL" help:"A streaming standby of the database, for pages that may be seconds old."`
	ReadMaxLag  time.Duration `env:"FUGONG_READ_MAX_LAG" default:"30s" help:"How old the standby's state may be before pages read from the primary."`
	Keyset      Secret        `env:"FUGONG_KEYSET" help:"Keyset as JSON in place of the key file."`
	PGBin       string        `env:"FUGONG_PG_BIN" type:"path" help:"Folder of the PostgreSQL programs."`
	PGMemory    Memory        `env:"FUGONG_PG_MEMORY" help:"Memory that the private PostgreSQL may count on, such as 4GB. Default: that of the machine."`
	PoolSize    int           `env:"FUGONG_POOL" default:"16" help:"Database connections."`
	Proxies     []string      `env:"FUGONG_PROXIES" help:"Networks (CIDR) of proxies whose X-Forwarded-For is believed."`
	APIRate     int           `env:"FUGONG_API_RATE" default:"10" help:"Requests a second that one API client may send for long."`
	Dev         bool          `env:"FUGONG_DEV" help:"Development: templates from disk, the style page, readable logs."`
	LogLevel    string        `env:"FUGONG_LOG" default:"info" enum:"debug,info,warn,error" help:"Least level logged."`
	SMTP        SMTP          `embed:"" prefix:"smtp-" envprefix:"FUGONG_SMTP_"`
	Robot       Robot         `embed:"" prefix:"robot-" envprefix:"FUGONG_ROBOT_"`
	Webhook     Webhook       `embed:"" prefix:"webhook-" envprefix:"FUGONG_WEBHOOK_"`

	pgSettings map[string]string // of the private server, for loading
}

// SMTP is the mail server that reminders leave by. Without a host no e-mail is sent.
type SMTP struct {
	Host     string        `env:"HOST" help:"Mail server."`
	Port     int           `env:"PORT" default:"587" help:"Its port."`
	TLS      string        `env:"TLS" default:"starttls" enum:"none,starttls,implicit" help:"How the connection is secured."`
	Username string        `env:"USERNAME" help:"Account."`
	Password Secret        `env:"PASSWORD" help:"Its password."`
	From     string        `env:"FROM" help:"Sender, for instance 复工档 <noreply@example.org>."`
	Timeout  time.Duration `env:"TIMEOUT" default:"20s" help:"For one message."`
}

// Robot is where group robots are reached.
type Robot struct {
	BaseURL string `env:"BASE_URL" default:"https://qyapi.weixin.qq.com" help:"Base address of WeCom group robots."`
}

// Memory is a number of bytes, written with MB or GB.
type Memory int64

var memoryForm = regexp.MustCompile(`^([1-9][0-9]{0,6})(MB|GB)$`)

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Memory) UnmarshalText(text []byte) error {
	p := memoryForm.FindStringSubmatch(strings.ToUpper(strings.ReplaceAll(string(text), " ", "")))
	if p == nil {
		return fmt.Errorf("%q is no amount of memory: write it as 512MB or 4GB", text)
	}
	n, err := strconv.ParseInt(p[1], 10, 64)
	if err != nil {
		return err
	}
	*m = Memory(n << 20)
	if p[2] == "GB" {
		*m <<= 10
	}
	return nil
}

// Webhook is a message gateway that takes reminders by HTTP. Without an address none is told.
type Webhook struct {
	URL    string `env:"URL" help:"Address of a message gateway, https or on this machine."`
	Secret Secret `env:"SECRET" help:"Secret shared with it, which signs every message; 16 bytes or more."`
	Mobile bool   `env:"MOBILE" help:"Tell it mobile numbers. Without, it learns the enterprise's code and the number of the file."`
}

// Validate checks the configuration as a whole, before anything is started. kong calls it.
func (c *Config) Validate() error {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("listen address %q: %w", c.Listen, err)
	}
	if c.PoolSize < 4 {
		return fmt.Errorf("pool of %d connections is too small; use 4 or more", c.PoolSize)
	}
	if c.APIRate < 1 {
		return fmt.Errorf("an API rate of %d lets nobody in; use 1 or more", c.APIRate)
	}
	for _, cidr := range c.Proxies {
		if _, _, err := net.ParseCIDR(cidr); err != nil {
			return fmt.Errorf("proxy network: %w", err)
		}
	}
	if c.DatabaseURL == "" && (c.DirectURL != "" || c.ReadURL != "") {
		return fmt.Errorf("a direct or a read address stands beside FUGONG_DATABASE_URL, which is not set")
	}
	if c.ReadMaxLag < 0 || c.ReadMaxLag > 5*time.Minute {
		return fmt.Errorf("a lag of %s: five minutes is the end, pages say no more than the time of day", c.ReadMaxLag)
	}
	if c.SMTP.Host != "" && c.SMTP.From == "" {
		return fmt.Errorf("a mail server needs a sender: set FUGONG_SMTP_FROM")
	}
	if c.Webhook.URL != "" {
		if err := webhook.Check(c.Webhook.URL, redact.New(string(c.Webhook.Secret))); err != nil {
			return err
		}
	}
	if c.BaseURL != "" {
		if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http") {
			return fmt.Errorf("base address %q is not an http address", c.BaseURL)
		}
	}
	return nil
}

func (c *Config) dataDir() (string, error) {
	if c.Data != "" {
		return c.Data, nil
	}
	return localpg.DefaultDir()
}

func (c *Config) baseURL() string {
	if c.BaseURL != "" {
		return strings.TrimSuffix(c.BaseURL, "/")
	}
	return "http://" + c.Listen
}

// secure reports whether people reach the program over TLS.
func (c *Config) secure() bool { return strings.HasPrefix(c.baseURL(), "https://") }

func (c *Config) logger(out *os.File) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelInfo // the enum tag lets nothing else through
	}
	opts := &slog.HandlerOptions{Level: level}
	if c.Dev {
		return slog.New(slog.NewTextHandler(out, opts))
	}
	return slog.New(slog.NewJSONHandler(out, opts))
}
