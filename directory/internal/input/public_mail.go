package input

// publicMail are domains whose addresses anybody can have, so that an address in them says nothing of whom somebody
// works for. Their owners could prove them, which would make one customer's rules hold for everybody's private
// address. The list is short on purpose: proof keeps out everybody else, and a claim that can never be proved does no
// harm.
var publicMail = map[string]bool{
	"126.com": true, "163.com": true, "aol.com": true, "att.net": true, "bellsouth.net": true,
	"bigpond.com": true, "bluewin.ch": true, "btinternet.com": true, "comcast.net": true, "cox.net": true,
	"duck.com": true, "fastmail.com": true, "free.fr": true, "freenet.de": true, "gmail.com": true,
	"gmx.at": true, "gmx.com": true, "gmx.de": true, "gmx.net": true, "googlemail.com": true,
	"hey.com": true, "hotmail.co.uk": true, "hotmail.com": true, "hotmail.fr": true, "icloud.com": true,
	"laposte.net": true, "libero.it": true, "live.com": true, "mac.com": true, "mail.com": true,
	"mail.ru": true, "me.com": true, "msn.com": true, "naver.com": true, "orange.fr": true,
	"outlook.com": true, "outlook.de": true, "pm.me": true, "proton.me": true, "protonmail.com": true,
	"qq.com": true, "rediffmail.com": true, "rocketmail.com": true, "seznam.cz": true, "sina.com": true,
	"t-online.de": true, "tutanota.com": true, "uol.com.br": true, "verizon.net": true, "web.de": true,
	"wp.pl": true, "yahoo.co.in": true, "yahoo.co.jp": true, "yahoo.co.uk": true, "yahoo.com": true,
	"yahoo.de": true, "yahoo.fr": true, "yandex.com": true, "yandex.ru": true, "ymail.com": true,
	"zoho.com": true, "zohomail.com": true,
}
