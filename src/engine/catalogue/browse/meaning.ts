import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { one, statement } from '../../database.ts'
import type { Db } from '../../database.ts'

/** What a shopper's filters come to: constants for the statement that looks for products, so that it is planned for them. */
export interface Meaning {
  /** a tsquery; null when the text has no words */
  words: string | null
  /** the facet of a variant that has all of the options; null without options */
  options: string | null
  /** of the catalogue whose words were looked at */
  version: number
}

/** A word as a tsquery has it. */
const quoted = (word: RawBuilder<unknown>) => sql`'''' || replace(replace(${word}, '\\', '\\\\'), '''', '''''') || ''''`

// A word means what begins with it, as long as the store has such a word. A few of those are named one by one: the index
// finds them in a fifth of the time that it takes to gather all that begin alike. A word that the store does not have is
// taken for its likest: by letters that are wrong, missing, too many or swapped, one in a short word and two in a longer
// one. Those are looked for among words that share three letters in a row with it, or its first.
const mean = statement(
  'catalogue.meaning',
  (p: { storeId: string; text: string; keys: string[]; values: string[] }) =>
    sql<Meaning>`
    select (
      select string_agg('(' || coalesce(k.known, l.likest, q.quoted || ':*') || ')', ' & ' order by typed.place)
      from (
        select left(lexeme, 40) as word, positions[1] as place
        from unnest(to_tsvector('simple', search_text(left(${p.text}, 200)))) order by positions[1] limit 12
      ) typed,
      lateral (select ${quoted(sql`typed.word`)} as quoted) q
      left join lateral (
        select case when count(*) > 20 or length(typed.word) = 40 then q.quoted || ':*'
          else q.quoted || coalesce(string_agg(' | ' || ${quoted(sql`word`)}, '' order by word)
            filter (where word <> typed.word), '') end as known
        from (
          select w.word from search_word w
          where w.store_id = ${p.storeId} and w.word >= typed.word and w.word < typed.word || chr(1114111)
            and starts_with(w.word, typed.word)
          limit 21
        ) begun having count(*) > 0
      ) k on true
      left join lateral (
        select string_agg(${quoted(sql`word`)}, ' | ') as likest from (
          select word from (
            select w.word from search_word w where w.store_id = ${p.storeId} and w.word % typed.word
            union
            select w.word from search_word w where w.store_id = ${p.storeId}
              and w.word >= left(typed.word, 1) and w.word < left(typed.word, 1) || chr(1114111)
              and length(w.word) between length(typed.word) - 2 and length(typed.word) + 2
          ) near,
          lateral (select levenshtein(near.word, typed.word) as steps) s
          where k.known is null and length(typed.word) > 2
            and (steps <= case when length(typed.word) < 5 then 1 else 2 end or (steps = 2
              and length(near.word) = length(typed.word)
              and (select array_agg(c order by c) from regexp_split_to_table(near.word, '') c)
                = (select array_agg(c order by c) from regexp_split_to_table(typed.word, '') c)))
          order by steps, similarity(near.word, typed.word) desc, near.word limit 3
        ) likest
      ) l on true
    ) as words, (
      select string_agg(key || '=' || value, E'\\x1f' order by key || '=' || value)
      from unnest(${p.keys}::text[], ${p.values}::text[]) o(key, typed), lateral (select plain(trim(typed)) as value) v
    ) as options, (select version from catalogue_version where store_id = ${p.storeId}) as version`,
)

/**
 * @param text as a shopper types it, with or without accents, perhaps misspelt
 * @param options by their keys: { color: "Natural" }
 */
export async function meaningOf(
  db: Db,
  storeId: string,
  text: string,
  options: Readonly<Record<string, string>>,
): Promise<Meaning> {
  return one(await mean(db, { storeId, text, keys: Object.keys(options), values: Object.values(options) }))
}
