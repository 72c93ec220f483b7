using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;

namespace Inheritune.Cli;

/// <summary>Turns arguments into a verb and its values, from the declarations alone.</summary>
internal sealed class CommandLineParser
{
    private readonly RootCommand _root = new(
        "Trains small language models from the early blocks of large ones (arXiv 2404.08634).");
    private readonly Dictionary<Command,
        (VerbSpec Verb, List<(OptionSpec Spec, Option Option)> Options, Argument<string[]>? Positional)>
        _verbs = [];

    /// <summary>Builds the parser.</summary>
    public CommandLineParser(IEnumerable<VerbSpec> verbs)
    {
        foreach (var verb in verbs)
        {
            var command = new Command(verb.Name, verb.Summary);
            var options = new List<(OptionSpec, Option)>();
            foreach (var spec in verb.Options)
            {
                Option option = spec.Kind == OptionKind.Flag
                    ? new Option<bool>(spec.Flag) { Description = spec.Help }
                    : new Option<string>(spec.Flag)
                    {
                        Description = spec.Help,
                        HelpName = spec.Kind.ToString().ToLowerInvariant(),
                        Arity = ArgumentArity.ExactlyOne,
                    };
                command.Add(option);
                options.Add((spec, option));
            }

            Argument<string[]>? rest = null;
            if (verb.Arguments is { } arguments)
            {
                rest = new Argument<string[]>(arguments.Name)
                {
                    Description = arguments.Meaning,
                    Arity = new ArgumentArity(0, arguments.Maximum),
                };
                command.Add(rest);
            }

            command.SetAction(_ => 0);
            _verbs.Add(command, (verb, options, rest));
            _root.Add(command);
        }
    }

    /// <summary>Parses; null when help or the version was printed and nothing is left to do.</summary>
    /// <exception cref="UsageException">The arguments do not fit the declarations.</exception>
    public (VerbSpec Verb, OptionValues Values)? Parse(IReadOnlyList<string> args, TextWriter output)
    {
        var result = _root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Action is HelpAction || IsVersion(result))
        {
            result.Invoke(new InvocationConfiguration { Output = output, Error = output });
            return null;
        }

        if (!_verbs.TryGetValue(result.CommandResult.Command, out var entry))
        {
            throw new UsageException(RootProblem(args));
        }

        // A mistyped option is taken for a positional argument as long as there is room for one.
        string[] positional = entry.Positional is null || result.GetResult(entry.Positional) is not { } given
            ? [] : [.. given.Tokens.Select(t => t.Value)];
        if (positional.Concat(result.UnmatchedTokens).Where(IsOption).Concat(result.UnmatchedTokens)
            .FirstOrDefault() is
            { } unknown)
        {
            throw new UsageException(UnknownToken(unknown, entry.Verb));
        }

        if (result.Errors.Count > 0)
        {
            throw new UsageException(ErrorText(result.Errors[0]));
        }

        var values = new OptionValues(entry.Verb.Options) { Arguments = positional };
        foreach (var (spec, option) in entry.Options)
        {
            if (result.GetResult(option) is OptionResult { Implicit: false } found)
            {
                values.Set(spec.Name, found.Tokens.Count == 0 ? "true" : found.Tokens[0].Value, spec.Flag);
            }
        }

        return (entry.Verb, values);
    }

    private static bool IsVersion(ParseResult result) =>
        result.Errors.Count == 0 && result.CommandResult.Command is RootCommand
            && result.Action is { Terminating: true };

    private static bool IsOption(string token) => token.Length > 1 && token[0] == '-';

    private string RootProblem(IReadOnlyList<string> args)
    {
        var names = _verbs.Values.Select(v => v.Verb.Name).ToArray();
        if (args.Count == 0)
        {
            return $"expected a command: {string.Join(", ", names)}. "
                + "Try inheritune run, or inheritune --help.";
        }

        if (args[0].StartsWith('-'))
        {
            return $"{args[0]}: unknown option before the command. Try inheritune --help.";
        }

        var hint = Nearest.Find(args[0], names) is { } near
            ? $"nearest is {near}"
            : $"expected {string.Join(", ", names)}";
        return $"{args[0]}: unknown command; {hint}.";
    }

    private static string UnknownToken(string token, VerbSpec verb)
    {
        if (!token.StartsWith('-'))
        {
            return $"{token}: unexpected argument of {verb.Name}. Try inheritune {verb.Name} --help.";
        }

        var name = token.Split('=', ':')[0];
        return Nearest.Find(name, verb.Options.Select(o => o.Flag)) is { } near
            ? $"{name}: unknown option; nearest is {near}."
            : $"{name}: unknown option of {verb.Name}. Try inheritune {verb.Name} --help.";
    }

    private static string ErrorText(ParseError error)
    {
        var name = (error.SymbolResult as OptionResult)?.Option.Name
            ?? (error.SymbolResult?.Parent as OptionResult)?.Option.Name;
        if (name is not null && error.SymbolResult is OptionResult option)
        {
            return option.Tokens.Count == 0 ? $"{name}: expected a value, got nothing."
                : $"{name}: is there twice. Give it once.";
        }

        return error.Message.TrimEnd('.').Replace('\n', ' ') + ".";
    }
}
