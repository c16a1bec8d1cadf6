#include "lang/detect.h"

#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

enum { LOOK = 2000, WORD = 24 };

/* Small words and telling letters, lower case as written (accents kept). A letter entry is one character. */
static const struct {
    const char *lang, *script, *words, *letters;
} profiles[] = {
    {"en", "Latn", " the and for with of in to from your set pack black white women men kids ", ""},
    {"de", "Latn", " der die das und für mit aus von ohne zum schwarz weiß damen herren stück ", "äöüß"},
    {"fr", "Latn", " le la les des et pour avec sans de du en une noir blanc femme homme ", "éèêçàœù"},
    {"es", "Latn", " el la los las para con sin de del una negro blanco mujer hombre ", "ñáéíóú¿¡"},
    {"it", "Latn", " il lo gli per con senza di del della nero bianco donna uomo ", "àèìòù"},
    {"pt", "Latn", " os as para com sem de do da uma preto branco mulher homem ", "ãõçáéíóúâê"},
    {"nl", "Latn", " de het een en voor met zonder van zwart wit dames heren stuks ", "ëï"},
    {"sv", "Latn", " och för med utan av till svart vit dam herr ", "åäö"},
    {"da", "Latn", " og til med uden af sort hvid dame herre ", "æøå"},
    {"no", "Latn", " og til med uten av svart hvit dame herre ", "æøå"},
    {"fi", "Latn", " ja ilman musta valkoinen naisten miesten kanssa ", "äö"},
    {"pl", "Latn", " dla bez czarny biały damska męska ", "ąćęłńśźż"},
    {"cs", "Latn", " pro bez černá bílá dámské pánské ", "ěščřžýůť"},
    {"hu", "Latn", " és az fekete fehér női férfi nélkül ", "őűáéíóöü"},
    {"ro", "Latn", " și pentru cu fără de din negru alb femei bărbați ", "ășțâî"},
    {"tr", "Latn", " ve için ile bir siyah beyaz kadın erkek çocuk adet ", "ğışİçöü"},
    {"vi", "Latn", " và cho của với không cái màu đen trắng nữ nam ", "đơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"},
    {"id", "Latn", " dan untuk dengan tanpa dari hitam putih wanita pria anak ", ""},
    {"ru", "Cyrl", " и для с без из на от черный белый женские мужские ", "ыэъё"},
    {"uk", "Cyrl", " і для з без із на від чорний білий жіночі чоловічі ", "їієґ"},
    {"bg", "Cyrl", " и за с без от на черен бял дамски мъжки ", "ъ"},
    {"ar", "Arab", " من في مع على بدون و أو للرجال للنساء ", "ةىأإ"},
    {"fa", "Arab", " از با برای بدون و یا مردانه زنانه مدل ", "پچژگیک"},
    {"ur", "Arab", " کے کا کی سے اور میں ", "ٹڈڑےں"},
};
enum { N = sizeof profiles / sizeof profiles[0] };

struct tally {
    unsigned by_script[USCRIPT_CODE_LIMIT];
    unsigned letters, han, kana;
    bool simplified, traditional;
    float votes[N], total;
};

static const struct {
    UScriptCode code;
    const char *script, *lang;
} sole[] = {
    {USCRIPT_THAI, "Thai", "th"},       {USCRIPT_HANGUL, "Hang", "ko"},   {USCRIPT_GREEK, "Grek", "el"},
    {USCRIPT_HEBREW, "Hebr", "he"},     {USCRIPT_LAO, "Laoo", "lo"},      {USCRIPT_KHMER, "Khmr", "km"},
    {USCRIPT_MYANMAR, "Mymr", "my"},    {USCRIPT_GEORGIAN, "Geor", "ka"}, {USCRIPT_TAMIL, "Taml", "ta"},
    {USCRIPT_TELUGU, "Telu", "te"},     {USCRIPT_BENGALI, "Beng", "bn"},  {USCRIPT_GUJARATI, "Gujr", "gu"},
    {USCRIPT_GURMUKHI, "Guru", "pa"},   {USCRIPT_KANNADA, "Knda", "kn"},  {USCRIPT_MALAYALAM, "Mlym", "ml"},
    {USCRIPT_SINHALA, "Sinh", "si"},    {USCRIPT_ARMENIAN, "Armn", "hy"}, {USCRIPT_ETHIOPIC, "Ethi", "am"},
    {USCRIPT_DEVANAGARI, "Deva", "hi"},
};

static bool contains(const char *set, const char *s, size_t n)
{
    return n && memmem(set, strlen(set), s, n);
}

static void vote_letter(struct tally *t, const char *s, size_t n)
{
    for (int i = 0; i < N; i++)
        if (contains(profiles[i].letters, s, n)) t->votes[i] += 1, t->total += 1;
}

/* w is " word ", with the spaces: the lists are searched as they stand. */
static void vote_word(struct tally *t, const char *w, size_t n)
{
    for (int i = 0; i < N; i++)
        if (contains(profiles[i].words, w, n)) t->votes[i] += 2, t->total += 2;
}

static void count_char(struct tally *t, UChar32 c)
{
    UErrorCode rc = U_ZERO_ERROR;
    UScriptCode sc = uscript_getScript(c, &rc);
    if (!u_isalpha(c) || sc < 0 || sc >= USCRIPT_CODE_LIMIT) return;
    t->letters++;
    t->by_script[sc]++;
    if (sc == USCRIPT_HAN) t->han++;
    if (sc == USCRIPT_HIRAGANA || sc == USCRIPT_KATAKANA) t->kana++;
}

/* Characters whose form tells simplified from traditional Chinese, the commonest in shops. */
static void count_han(struct tally *t, const char *s, size_t n)
{
    if (contains("们这个为说时国车装装饰机电线鞋裤衣厨红绿蓝黑银儿宝妈礼发护肤显买卖双头张热净单无带转换扩", s, n) &&
        !contains("個為說時國車裝飾機電線褲廚紅綠藍銀兒寶媽禮發護膚顯買賣雙頭張熱淨單無帶轉換擴衣黑鞋", s, n))
        t->simplified = true;
    else if (contains("個為說時國車裝飾機電線褲廚紅綠藍銀兒寶媽禮發護膚顯買賣雙頭張熱淨單無帶轉換擴", s, n))
        t->traditional = true;
}

static void read_text(struct tally *t, const char *s, size_t n)
{
    char word[WORD + 2] = " ";
    size_t len = 1;
    for (size_t i = 0; i <= n;) {
        uint32_t cp = ' ';
        char low[4];
        size_t step = i < n ? utf8_decode(s + i, n - i, &cp) : 1;
        if (!step) step = 1, cp = ' ';
        UChar32 c = u_tolower((UChar32)cp);
        size_t k = utf8_encode((uint32_t)c, low);
        if (u_isalpha(c) || u_charType(c) == U_NON_SPACING_MARK) {
            count_char(t, c);
            if (cp >= 0x80) vote_letter(t, low, k);
            if (cp >= 0x3400) count_han(t, low, k);
            if (len + k <= WORD) memcpy(word + len, low, k);
            len += k;
        } else {
            if (len > 1 && len <= WORD) {
                word[len] = ' ';
                vote_word(t, word, len + 1);
            }
            len = 1;
        }
        i += step;
    }
}

static struct language answer(const char *code, const char *script, float certainty)
{
    struct language l = {.certainty = certainty};
    memcpy(l.code, code, strlen(code) + 1);
    memcpy(l.script, script, strlen(script) + 1);
    return l;
}

static struct language by_votes(const struct tally *t, const char *script)
{
    int best = -1;
    float sum = 0;
    for (int i = 0; i < N; i++) {
        if (strcmp(profiles[i].script, script)) continue;
        sum += t->votes[i];
        if (best < 0 || t->votes[i] > t->votes[best]) best = i;
    }
    if (best < 0 || t->votes[best] <= 0) return answer("und", script, 0);
    float share = t->votes[best] / sum;
    return share > 0.34f ? answer(profiles[best].lang, script, share) : answer("und", script, 0);
}

struct language detect(const char *s, size_t n)
{
    struct tally t = {0};
    read_text(&t, s, utf8_floor(s, n, n < LOOK ? n : LOOK));
    if (!t.letters) return answer("und", "Zyyy", 0);
    if (t.kana && (t.kana + t.han) * 2 > t.letters) return answer("ja", "Jpan", 1);
    if (t.han * 2 > t.letters) {
        if (t.simplified == t.traditional) return answer("zh", "Hani", 0.6f);
        return t.simplified ? answer("zh-Hans", "Hans", 0.8f) : answer("zh-Hant", "Hant", 0.8f);
    }
    for (size_t i = 0; i < sizeof sole / sizeof sole[0]; i++)
        if (t.by_script[sole[i].code] * 2 > t.letters) return answer(sole[i].lang, sole[i].script, 0.95f);
    if (t.by_script[USCRIPT_ARABIC] * 2 > t.letters) return by_votes(&t, "Arab");
    if (t.by_script[USCRIPT_CYRILLIC] * 2 > t.letters) return by_votes(&t, "Cyrl");
    if (t.by_script[USCRIPT_LATIN] * 2 > t.letters) return by_votes(&t, "Latn");
    return answer("und", "Zyyy", 0);
}
