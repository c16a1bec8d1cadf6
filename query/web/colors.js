// Colours by name, in sixteen languages: "rot", "kırmızı", "赤" and "أحمر" are one swatch, and choosing it finds them all.
//
// A row is a family: what it looks like, then its words in the order of LANGUAGES; the first word of a cell is its label.
const LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "pl", "tr", "ru", "ar", "fa", "hi", "ja", "zh", "ko", "th"];
const TABLE = `
black #222|black/charcoal|schwarz|noir|negro|nero|preto|czarny|siyah|чёрный/черный|أسود/سوداء|مشکی/سیاه|काला/काली|黒/ブラック|黑色/黑|검정/블랙/검은색|ดำ/สีดำ
white #fff|white/ivory|weiß/weiss|blanc/blanche/écru|blanco/blanca|bianco/panna|branco/cru|biały|beyaz|белый|أبيض/بيضاء|سفید|सफ़ेद/सफेद|白/ホワイト/生成り|白色/白/米白|흰색/화이트/아이보리|ขาว/สีขาว
gray #8b8f94|gray/grey/silver/graphite/steel|grau/anthrazit/silber|gris/argent|gris/plata/acero|grigio/argento|cinza/prata|szary/srebrny|gri/gümüş|серый/серебристый|رمادي/فضي|خاکستری/طوسی/نقره‌ای|धूसर/स्लेटी/स्टील/चांदी|グレー/灰/シルバー|灰色/灰/银色/银/深灰|회색/그레이/은색|เทา/สีเทา/เงิน
red #cf2e2e|red/burgundy|rot/bordeaux|rouge/bordeaux|rojo/granate|rosso/bordeaux|vermelho|czerwony/bordowy|kırmızı/bordo|красный/бордовый|أحمر/حمراء|قرمز/زرشکی/لاکی|लाल|赤/レッド|红色/红/紅/酒红/深红|빨강/빨간색/레드|แดง/สีแดง
orange #ee7d1a|orange/terracotta|orange/terracotta|orange|naranja|arancione|laranja|pomarańczowy|turuncu|оранжевый|برتقالي|نارنجی|नारंगी|オレンジ|橙色/橙|주황/오렌지|ส้ม/สีส้ม
yellow #f2c832|yellow|gelb|jaune|amarillo|giallo|amarelo|żółty|sarı|жёлтый/желтый|أصفر/صفراء|زرد|पीला/पीली|黄/黄色/イエロー|黄色/黄|노랑/노란색/옐로|เหลือง/สีเหลือง
green #3f8f4f|green/olive/khaki|grün/oliv|vert/kaki|verde/caqui|verde|verde|zielony/zieleń|yeşil/haki|зелёный/зеленый/оливковый/хаки|أخضر/خضراء/زيتي|سبز|हरा/हरी|緑/グリーン/カーキ|绿色/绿/綠/墨绿/军绿|초록/녹색/카키/그린|เขียว/สีเขียว
turquoise #2aa5a5|turquoise/teal/mint|türkis/petrol|turquoise|turquesa|turchese/acqua|turquesa|turkusowy|turkuaz/mint|бирюзовый|فيروزي|فیروزه‌ای|फ़िरोज़ी|ターコイズ/ミント|青绿/薄荷|민트/청록|เทอร์ควอยซ์/ฟ้าอมเขียว
blue #2f64c8|blue/navy|blau|bleu|azul|blu/azzurro|azul|niebieski/granatowy|mavi/lacivert|синий/голубой|أزرق/زرقاء/كحلي|آبی/سرمه‌ای|नीला/नीली/नील|青/ブルー/水色/藍/紺|蓝色/蓝/藍/深蓝/藏青|파랑/파란색/블루/남색/네이비|น้ำเงิน/ฟ้า/สีฟ้า
purple #7d4aa8|purple/violet/plum|lila/violett|violet|morado/violeta|viola|roxo/lilás|fioletowy|mor|фиолетовый|بنفسجي/أرجواني|بنفش|बैंगनी|紫/パープル|紫色/紫|보라/퍼플|ม่วง/สีม่วง
pink #ec8fb4|pink|rosa/pink|rose|rosa|rosa|rosa/cor-de-rosa|różowy|pembe/pudra|розовый|وردي/زهري|صورتی|गुलाबी|ピンク/桜色/桃色|粉色/粉红/粉|분홍/핑크|ชมพู/สีชมพู
brown #7b5235|brown/tan/cognac|braun/cognac|marron/cognac|marrón/café|marrone|castanho/marrom|brązowy|kahverengi/taba|коричневый|بني|قهوه‌ای|भूरा/भूरी|茶/茶色/ブラウン|棕色/棕/褐色/深棕/咖啡色|갈색/브라운|น้ำตาล/สีน้ำตาล
beige #d9c7a3|beige/sand/cream|beige/creme|beige/crème|beige/crema|beige|bege/cortiça|beżowy/kremowy|bej/krem|бежевый|بيج|بژ/کرم|बेज/क्रीम|ベージュ|米色|베이지/크림/샌드|เบจ/ครีม
gold #c79a3a|gold/brass|gold|doré|dorado|oro|dourado|złoty/mosiężny|altın|золотой|ذهبي|طلایی|सुनहरा|ゴールド/金|金色/金|금색/골드|ทอง/สีทอง`;

const families = new Map(); // name -> {paint, words: one array a language}
const seen = new Map(); // name -> values met in answers that belong to it: "knallrot", "bleu nuit"
const exact = new Map(); // word -> name
const stems = new Map(); // word without its ending -> name
const insides = []; // [word, name] to look for inside a value: scripts without spaces, and German compounds

const tidy = (s) => s.normalize("NFKC").toLowerCase().trim();

/** A word without the ending that gender and number change: rojo, roja, rojos; красный, красная. Short words stay. */
function stem(word) {
  const cut = word.replace(/s$/, "").replace(/(ый|ий|ой|ая|яя|ое|ее|ые|ие)$/u, "").replace(/[aeioyąę]+$/u, "");
  return cut.length >= 3 ? cut : word;
}

for (const line of TABLE.trim().split("\n")) {
  const [head, ...cells] = line.split("|");
  const [name, paint] = head.split(" ");
  const words = cells.map((cell) => cell.split("/"));
  families.set(name, { paint, words });
  seen.set(name, new Set());
  words.forEach((list, i) => {
    for (const word of list.map(tidy)) {
      if (!exact.has(word)) exact.set(word, name);
      if (!stems.has(stem(word))) stems.set(stem(word), name);
      if (["ja", "zh", "ko", "th"].includes(LANGUAGES[i]) || (LANGUAGES[i] === "de" && word.length > 2)) insides.push([word, name]);
    }
  });
}
insides.sort((a, b) => b[0].length - a[0].length);

const memo = new Map();

/** The families that a value names, at most two ("أبيض وذهبي" is white and gold); [] when it names no colour known here. */
export function familiesOf(value) {
  if (!memo.has(value)) memo.set(value, find(tidy(String(value))));
  return memo.get(value);
}

function find(value) {
  if (exact.has(value)) return [exact.get(value)];
  const found = new Set();
  for (const raw of value.split(/[\s,/&+()-]+/).filter(Boolean)) {
    const words = [raw, raw.replace(/^(و|สี)/u, "")]; // Arabic "and" and Thai "colour" are written together with the word
    const name = words.map((w) => exact.get(w) ?? stems.get(stem(w))).find(Boolean);
    if (name) found.add(name);
    else for (const [word, family] of insides) {
      if (/^[a-zäöüß]+$/.test(word) ? raw.endsWith(word) : raw.includes(word)) { found.add(family); break; }
    }
  }
  return [...found].slice(0, 2);
}

export const paintOf = (name) => families.get(name)?.paint;

export function labelOf(name, language) {
  const words = families.get(name)?.words;
  return words ? (words[LANGUAGES.indexOf(language)] ?? words[0])[0] : name;
}

/** Notes the values of an answer. True when a family learnt a word that a filter sent before did not have. */
export function learn(values) {
  let news = false;
  for (const value of values) for (const name of familiesOf(value)) {
    if (seen.get(name).has(value)) continue;
    seen.get(name).add(value);
    news ||= !families.get(name).words.some((list) => list.includes(value));
  }
  return news;
}

/** All values that stand for a family in a filter. */
export const wordsOf = (name) => [...new Set([...(families.get(name)?.words.flat() ?? [name]), ...(seen.get(name) ?? [])])];
